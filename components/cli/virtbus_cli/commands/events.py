"""`virtbus events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of

if TYPE_CHECKING:
    from virtbus.operations.event import Event


@click.command(
    "events",
    cls=BusCommand,
    section="Look",
    short_help="Follow what happens, and what was missed",
)
@click.option("--after", type=click.IntRange(min=0), help="First those since this event's number.")
@click.option("--domain", "word", type=DOMAIN, metavar="DOMAIN", help="Of this one only.")
@click.option(
    "--event", "kinds", multiple=True, metavar="KIND", help="As domain_lifecycle; may be repeated."
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), metavar="SECONDS",
    help="End when nothing came for so long.",
)  # fmt: skip
@click.pass_context
def command(
    context: click.Context,
    after: int | None,
    word: str | None,
    kinds: tuple[str, ...],
    count: int | None,
    timeout_s: float | None,
) -> None:
    """Follow the events of an agent, until Ctrl-C.

    Nothing is missed in silence: that the agent or broker went or came back is a line too, what
    happened meanwhile follows from the agent's journal, and events that are lost for good are
    counted. With --json each line is an object.

      virtbus events
      virtbus events --after 0 --timeout 1      what the journal has
      virtbus events --event domain_lifecycle --json | jq .
    """
    from virtbus.operations.event import Event

    from .. import show

    session = session_of(context)
    classes = _classes(kinds)
    with session.connect() as conn:
        uuid = find_domain(conn, word).uuid if word is not None else None
        seen = 0
        with conn.events(after=after, kinds=classes, timeout_s=timeout_s) as stream:
            for item in stream:
                if isinstance(item, Event):
                    if uuid is not None and item.uuid != uuid:
                        continue
                    seen += 1
                if session.json:
                    show.print_json(_tagged(item), indent=None)
                else:
                    print(show.readable(describe(item)), flush=True)
                if seen == count:
                    return


def _classes(words: tuple[str, ...]) -> list[type[Event]]:
    from virtbus.operations.event import Event

    known = {str(each.__struct_config__.tag): each for each in Event.__subclasses__()}
    if unknown := [word for word in words if word not in known]:
        raise click.UsageError(f"no event {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[word] for word in words]


def _tagged(item: Any) -> dict[str, Any]:
    from virtbus import EventsLost

    from .. import show

    fields: dict[str, Any] = show.plain(item)
    if "event" in fields:
        return fields
    return {"event": "events_lost" if isinstance(item, EventsLost) else "route_changed"} | fields


def describe(item: Any) -> str:
    """One line for people: when, which number, who, what."""
    from virtbus import EventsLost, RouteChanged

    from .. import show

    if isinstance(item, RouteChanged):
        why = f": {item.reason}" if item.reason else ""
        return f"--        {item.route} is {item.state}{why}"
    if isinstance(item, EventsLost):
        many = "an unknown number of" if item.count is None else str(item.count)
        return f"--        {many} events of {item.route} are lost: the journal no longer has them"
    fields = show.plain(item)
    kind = str(fields.pop("event")).removeprefix("domain_").replace("_", " ")
    for name in ("uuid", "name", "number", "time_ms", "late"):
        del fields[name]
    if kind == "lifecycle":
        what = f"{fields['change']} ({fields['detail']})"
    else:
        what = ", ".join([kind, *(f"{name} {value}" for name, value in fields.items())])
    late = "  (while the agent was away)" if item.late else ""
    return f"{show.moment(item.time_ms)}  #{item.number}  {item.name}  {what}{late}"
