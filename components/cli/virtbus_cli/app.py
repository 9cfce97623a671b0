"""The command `virtbus`: what it is called with, its help, and the commands by section."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from virtbus.operations import CATALOGUE, Operation

from .base import BusCommand, BusGroup, bus_options, keep_examples
from .derive import command_name, derive_command, derive_group
from .session import Session

WRITTEN = (
    "autostart", "cancel", "completion", "console", "convert", "events", "info", "list", "matrix",
    "metadata", "stats", "status", "top", "up", "validate", "xml",
)  # fmt: skip
# What people used to other tools may try: names that no command has, and those that do the same.
KNOWN_ELSEWHERE = {
    "delete": ["undefine"], "dominfo": ["info"], "domstate": ["state"], "domstats": ["stats"],
    "dumpxml": ["xml"], "kill": ["destroy"], "ls": ["list"], "ps": ["list"],
    "stop": ["shutdown", "destroy"], "unpause": ["resume"], "pause": ["suspend"],
}  # fmt: skip
SECTIONS = ("Start here", "Look", "Change", "Agent and host")

HELP = """Manage virtual machines through the virtbus message bus.

  virtbus up                           broker and agents, in the foreground
  virtbus status                       who is on the bus, and how they are
  virtbus define guest.xml             make a domain known; start it with
  virtbus start guest                  its name, its UUID or, when it runs, its id
  virtbus console guest                talk to it; ^] leaves
  virtbus list --active --json         for scripts: JSON
  virtbus -c test:///default events    follow what happens at one agent

DOMAIN is a name, a UUID or the id of a running one. Each command has its own --help.
"""

EPILOG = """
Exit status: 0 done; 1 look at the host; 2 usage or bad request; 3 no such domain; 4 nothing was
done, retry; 5 outcome unknown; 6 wrong state or name taken; 7 not allowed; 130 interrupted.

Completion: eval "$(virtbus completion bash)", or zsh or fish.
"""


class Commands(click.Group):
    """The commands written by hand and those derived from the catalogue, loaded when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted(self._all())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; only that one is loaded."""
        if cmd_name in WRITTEN:
            return _written(cmd_name)
        return self._all().get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a wrong name is answered with those that are near."""
        import difflib

        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            near = KNOWN_ELSEWHERE.get(name) or difflib.get_close_matches(name, self._all(), n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section."""
        for section in SECTIONS:
            lines = [
                (name, command.get_short_help_str(limit=100))
                for name, command in sorted(self._all().items())
                if command.section == section
            ]
            with formatter.section(section):
                formatter.write_dl(lines)

    def _all(self) -> dict[str, BusCommand | BusGroup]:
        found: dict[str, BusCommand | BusGroup] = {name: _written(name) for name in WRITTEN}
        covered = {name for command in found.values() for name in operations_of(command)}
        kinds: dict[str, list[Operation]] = {}
        for name, operation in CATALOGUE.items():
            if name not in covered:
                kinds.setdefault(operation.kind, []).append(operation)
        for operation in kinds.pop("domain", []):
            found[command_name(operation)] = derive_command(operation)
        for kind, operations in kinds.items():
            found[kind] = derive_group(kind, operations)
        return found


def operations_of(command: BusCommand | BusGroup) -> tuple[str, ...]:
    """The operations that a command, or those of a group, cover."""
    if isinstance(command, BusCommand):
        return command.operations
    members = [each for each in command.commands.values() if isinstance(each, BusCommand)]
    return tuple(name for each in members for name in each.operations)


def _written(name: str) -> BusCommand:
    command: BusCommand = import_module(f"virtbus_cli.commands.{name}").command
    return command


@click.command(
    cls=Commands,
    help=keep_examples(HELP),
    epilog=keep_examples(EPILOG),
    params=bus_options(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="virtbus-cli", message="virtbus %(version)s")
def cli() -> None:
    """Run one command."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status. Errors are told, not raised."""
    session = Session()
    # Known before anything is parsed, so that a wrong command line is answered in JSON too.
    session.json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        status = cli.main(args=arguments, prog_name="virtbus", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.UsageError as error:
        from .failures import report_usage

        path = error.ctx.command_path if error.ctx else "virtbus"
        return report_usage(error.format_message(), f"{path} --help", error.exit_code, session)
    except click.ClickException as error:
        from .failures import report_usage

        return report_usage(error.format_message(), "virtbus --help", 2, session)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        return 141
    except Exception as error:
        from virtbus.errors import VirtbusError

        if not isinstance(error, VirtbusError):
            raise
        from .failures import report

        return report(error, session)
