"""`virtbus metadata`."""

from __future__ import annotations

import sys

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of

MAX_BYTES = 64 * 1024


@click.command(
    "metadata",
    cls=BusCommand,
    operations=("domain.get_metadata", "domain.set_metadata"),
    section="Change",
    short_help="Title, description, and elements of other programs",
)
@click.argument("domain", type=DOMAIN, metavar="DOMAIN")
@click.argument("kind", type=click.Choice(["title", "description", "element"]))
@click.option("--set", "text", metavar="TEXT", help="Set it; `-` reads it from standard input.")
@click.option("--remove", is_flag=True, help="Remove it.")
@click.option("--namespace", metavar="URI", help="Which element: its namespace.")
@click.option("--key", metavar="PREFIX", help="The prefix that a new element gets.")
@click.pass_context
def command(
    context: click.Context,
    domain: str,
    kind: str,
    text: str | None,
    remove: bool,
    namespace: str | None,
    key: str | None,
) -> None:
    """Print a piece of a domain's metadata, or set or remove it. On return that is on disk.

    virtbus metadata guest title --set "build machine"
    virtbus metadata guest title
    virtbus metadata guest element --namespace http://example.org/app --key app --set '<tag/>'
    """
    from virtbus.operations.domain import MetadataKind

    from .. import show

    if text is not None and remove:
        raise click.UsageError("--set and --remove contradict each other: give one of them")
    if text == "-":
        text = sys.stdin.buffer.read(MAX_BYTES + 1).decode()
    which = MetadataKind(kind)
    session = session_of(context)
    with session.connect() as conn:
        found = find_domain(conn, domain)
        if text is not None or remove:
            found.set_metadata(which, text, uri=namespace, key=key)
            shown = text
        else:
            shown = found.get_metadata(which, uri=namespace)
    if session.json:
        show.print_json({"text": shown})
    elif text is not None or remove:
        print(show.readable(f"{found.name}: {kind} {'removed' if remove else 'set'}"))
    elif shown is not None:
        print(shown)
