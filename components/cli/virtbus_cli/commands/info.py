"""`virtbus info`."""

from __future__ import annotations

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of


@click.command(
    "info",
    cls=BusCommand,
    operations=("domain.get_info", "domain.get_record", "domain.lookup"),
    section="Look",
    short_help="All that is known of a domain at a glance",
)
@click.argument("domain", type=DOMAIN, metavar="DOMAIN")
@click.pass_context
def command(context: click.Context, domain: str) -> None:
    """Tell all that is known of a domain: state and reason, ids, memory, CPUs, CPU time used."""
    from .. import show

    session = session_of(context)
    with session.connect() as conn:
        found = find_domain(conn, domain)
        fields = show.plain(found.record) | show.plain(found.get_info())
    if session.json:
        show.print_json(fields)
        return
    if fields["id"] < 0:
        fields["id"] = None
    fields["memory"] = show.kib(fields.pop("memory_kib"))
    fields["max_memory"] = show.kib(fields.pop("max_memory_kib"))
    fields["cpu_time"] = f"{fields.pop('cpu_time_ns') / 1e9:.1f} s"
    if not fields["unresponsive_since_ms"]:
        del fields["unresponsive_since_ms"]
    show.print_fields(fields)
