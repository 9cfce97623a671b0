"""`virtbus autostart`."""

from __future__ import annotations

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of


@click.command(
    "autostart",
    cls=BusCommand,
    operations=("domain.set_autostart", "domain.get_autostart"),
    section="Change",
    short_help="Start a domain with its host, or stop doing so",
)
@click.argument("domain", type=DOMAIN, metavar="DOMAIN")
@click.option("--disable", is_flag=True, help="No longer start it with its host.")
@click.option("--show", "only_show", is_flag=True, help="Change nothing, tell how it is.")
@click.pass_context
def command(context: click.Context, domain: str, disable: bool, only_show: bool) -> None:
    """Start a domain with its host. On return that is on disk."""
    from .. import show

    if disable and only_show:
        raise click.UsageError("--disable changes it and --show does not: give one of them")
    session = session_of(context)
    with session.connect() as conn:
        found = find_domain(conn, domain)
        if not only_show:
            found.set_autostart(not disable)
        autostart = found.get_autostart() if only_show else not disable
    if session.json:
        show.print_json({"autostart": autostart})
    else:
        print(show.readable(f"{found.name}: autostart {'on' if autostart else 'off'}"))
