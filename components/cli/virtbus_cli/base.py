"""The classes of all commands: the options that each takes, help by sections, and completion."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from .session import session_of

BUS_OPTIONS = "Options of every command"
ALL = ("uri", "broker", "deadline_s", "readonly", "json")


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None and option.name is not None:
        setattr(session_of(context), option.name, value)


def bus_options(names: tuple[str, ...] = ALL) -> list[click.Parameter]:
    """What may stand before a command's name or behind it; those of these names."""
    options = [
        click.Option(
            ["-c", "--uri", "uri"],
            help="Which agent, as qemu:///system or qemu+tcp://host/system.  "
            "[default: $VIRTBUS_URI, else the first agent that is there]",
            callback=_remember,
            expose_value=False,
        ),
        click.Option(
            ["--broker"],
            metavar="DIR|tcp://HOST",
            help="Which broker.  [default: follows from the URI; $VIRTBUS_RUN_DIR]",
            callback=_remember,
            expose_value=False,
        ),
        click.Option(
            ["--deadline", "deadline_s"],
            type=click.FloatRange(min=0.001, max=7 * 86_400),
            metavar="SECONDS",
            help="How long an answer may take.  [default: each operation's own]",
            callback=_remember,
            expose_value=False,
        ),
        click.Option(
            ["--readonly"],
            is_flag=True,
            default=None,
            help="Use the broker's door that lets nothing be changed.",
            callback=_remember,
            expose_value=False,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            default=None,
            help="Answer, and fail, in JSON.",
            callback=_remember,
            expose_value=False,
        ),
    ]
    return [option for option in options if option.name in names]


def keep_examples(text: str) -> str:
    """A help text whose indented paragraphs keep their lines, by click's mark for that."""
    paragraphs = text.rstrip().split("\n\n")
    return "\n\n".join(f"\b\n{each}" if each.startswith("  ") else each for each in paragraphs)


class BusCommand(click.Command):
    """A command that takes the options of every command, and lists them apart.

    `operations` names those of the catalogue that it covers; `section` is its place in the help;
    `shared` are the options of every command that mean something to it.
    """

    def __init__(
        self,
        *args: Any,
        operations: tuple[str, ...] = (),
        section: str = "",
        shared: tuple[str, ...] = ALL,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.help = keep_examples(self.help or "")
        self.operations = operations
        self.section = section
        self.own = list(self.params)
        self.params += bus_options(shared)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its own options, then those of every command."""
        shared = [each for each in self.params if each not in self.own]
        own = [
            each
            for each in self.get_params(ctx)
            if each not in shared and isinstance(each, click.Option)
        ]
        for title, params in (("Options", own), (BUS_OPTIONS, shared)):
            records = [each.get_help_record(ctx) for each in params]
            if lines := [record for record in records if record is not None]:
                with formatter.section(title):
                    formatter.write_dl(lines)


class BusGroup(click.Group):
    """Commands about one kind of object, below its name."""

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class DomainWord(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A domain's name, UUID or runtime id; completes to the names there are."""

    name = "domain"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so; none if the bus does not answer within half a second."""
        from virtbus.errors import VirtbusError

        session = session_of(ctx)
        session.deadline_s = 0.5
        session.readonly = True
        try:
            with session.connect() as conn:
                names = [domain.name for domain in conn.list_domains()]
        except VirtbusError:
            return []  # a shell waits for the next key, not for an error message
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


DOMAIN = DomainWord()
