"""`virtbus stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..base import DOMAIN, BusCommand
from ..session import Session, find_domain, session_of

if TYPE_CHECKING:
    from virtbus.operations.records import DomainStats


@click.command(
    "stats",
    cls=BusCommand,
    operations=("domain.get_stats", "domain.get_all_stats"),
    section="Look",
    short_help="CPU, memory, disk and network statistics",
)
@click.argument("domains", type=DOMAIN, metavar="[DOMAIN]...", nargs=-1)
@click.option("--published", is_flag=True, help="As last published: asks no hypervisor.")
@click.option("--active/--inactive", default=None, help="Without DOMAIN: only those.")
@click.option(
    "--wait-ms", default=2000, show_default=True, type=click.IntRange(0, 25_000),
    help="Without DOMAIN: how long a guest may take to answer.",
)  # fmt: skip
@click.pass_context
def command(
    context: click.Context,
    domains: tuple[str, ...],
    published: bool,
    active: bool | None,
    wait_ms: int,
) -> None:
    """Print the statistics of domains, all of them without DOMAIN, asked of the guests now.

    A guest that does not answer in time is marked incomplete and holds up nobody.

      virtbus stats
      virtbus stats guest --json
    """
    from .. import show

    session = session_of(context)
    found = _ask(session, domains, published, active, wait_ms)
    if session.json:
        show.print_json(found)
    elif len(domains) == 1 and found:
        show.print_fields(found[0])
    else:
        show.print_table(COLUMNS, [row(each) for each in found])


COLUMNS = (
    "Name", "State", "CPU s", "Resident", "Balloon", "Read MiB", "Written MiB", "Received MiB",
    "Sent MiB", "At",
)  # fmt: skip


def row(stats: DomainStats) -> tuple[Any, ...]:
    """One domain's statistics in a table: sums over its disks and interfaces."""
    from .. import show

    def mib(amounts: list[int]) -> float:
        return round(sum(amounts) / 2**20, 1)

    return (
        stats.name,
        str(stats.state) if stats.complete else f"{stats.state}, incomplete",
        round(stats.cpu_time_ns / 1e9, 1),
        show.kib(stats.resident_kib),
        show.kib(stats.balloon_current_kib),
        mib([disk.read_bytes for disk in stats.blocks]),
        mib([disk.write_bytes for disk in stats.blocks]),
        mib([interface.rx_bytes for interface in stats.interfaces]),
        mib([interface.tx_bytes for interface in stats.interfaces]),
        show.moment(stats.time_ms),
    )


def _ask(
    session: Session, words: tuple[str, ...], published: bool, active: bool | None, wait_ms: int
) -> list[DomainStats]:
    with session.connect() as conn:
        wanted = [find_domain(conn, word) for word in words]
        if published:
            uuids = {domain.uuid for domain in wanted}
            found = [stats for stats in conn.published_stats() if not wanted or stats.uuid in uuids]
            if active is not None:
                uuids = {domain.uuid for domain in conn.list_domains(active=active)}
                found = [stats for stats in found if stats.uuid in uuids]
            return sorted(found, key=lambda stats: stats.name)
        if wanted:
            return [domain.get_stats() for domain in wanted]
        return conn.get_all_domain_stats(active=active, wait_ms=wait_ms)
