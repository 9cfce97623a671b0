"""`virtbus top`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from ..base import BusCommand
from ..session import session_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from virtbus import Connection, LiveDomains
    from virtbus.operations.records import DomainStats

COLUMNS = ("Id", "Name", "State", "CPU %", "vCPUs", "Memory", "Resident", "Disk KiB/s", "Net KiB/s")


@click.command(
    "top",
    cls=BusCommand,
    section="Look",
    shared=("uri", "broker", "readonly", "json"),
    short_help="A live table of all domains",
)
@click.option(
    "--interval", "interval_s", default=2.0, show_default=True, metavar="SECONDS",
    type=click.FloatRange(min=0.2), help="How often it is drawn anew.",
)  # fmt: skip
@click.option("--count", type=click.IntRange(min=1), help="End after drawing it so often.")
@click.pass_context
def command(context: click.Context, interval_s: float, count: int | None) -> None:
    """Watch all domains, until Ctrl-C. Costs no hypervisor anything.

    States are live; rates come from the statistics that the agent publishes at its own pace (its
    setting `stats_interval_s`). In a pipe it prints one table, with --json one line.
    """
    session = session_of(context)
    is_terminal = sys.stdout.isatty() and not session.json
    if not is_terminal and count is None:
        count = 1
    with session.connect() as conn, conn.live_domains() as live:
        rates = Rates()
        if not is_terminal:
            for turn in range(count or 1):
                if turn:
                    time.sleep(interval_s)
                _print(conn, live, rates, as_json=session.json)
            return
        from rich.live import Live

        with Live(_draw(conn, live, rates), screen=True, auto_refresh=False) as screen:
            drawn = 1
            while drawn != count:
                time.sleep(interval_s)
                screen.update(_draw(conn, live, rates), refresh=True)
                drawn += 1


def _print(conn: Connection, live: LiveDomains, rates: Rates, *, as_json: bool) -> None:
    from .. import show

    rates.take(conn.published_stats())
    rows = _rows(live, rates)
    if as_json:
        show.print_json(rows, indent=None)
    else:
        show.print_table(COLUMNS, [_cells(row) for row in rows])


class Rates:
    """Statistics as last published, and what was used per second since those before them."""

    def __init__(self) -> None:
        self.newest: dict[UUID, DomainStats] = {}
        self._before: dict[UUID, DomainStats] = {}

    def take(self, published: list[DomainStats]) -> None:
        """Note what is published now; domains that are gone are forgotten."""
        for stats in published:
            known = self.newest.get(stats.uuid)
            if known is not None and known.time_ms < stats.time_ms:
                self._before[stats.uuid] = known
        self.newest = {stats.uuid: stats for stats in published}
        self._before = {uuid: stats for uuid, stats in self._before.items() if uuid in self.newest}

    def of(self, uuid: UUID) -> tuple[float | None, float | None, float | None]:
        """CPU in percent of one processor, disk and network in KiB/s; None when not known yet."""
        new, old = self.newest.get(uuid), self._before.get(uuid)
        if new is None or old is None:
            return None, None, None
        elapsed_s = (new.time_ms - old.time_ms) / 1000
        cpu = (new.cpu_time_ns - old.cpu_time_ns) / 1e9 / elapsed_s * 100
        disk = (_disk_bytes(new) - _disk_bytes(old)) / 1024 / elapsed_s
        net = (_net_bytes(new) - _net_bytes(old)) / 1024 / elapsed_s
        if min(cpu, disk, net) < 0:  # it was started anew in between
            return None, None, None
        return round(cpu, 1), round(disk, 1), round(net, 1)


def _disk_bytes(stats: DomainStats) -> int:
    return sum(disk.read_bytes + disk.write_bytes for disk in stats.blocks)


def _net_bytes(stats: DomainStats) -> int:
    return sum(each.rx_bytes + each.tx_bytes for each in stats.interfaces)


def _rows(live: LiveDomains, rates: Rates) -> list[dict[str, Any]]:
    """All domains, the active ones first."""
    rows: list[dict[str, Any]] = []
    records = [domain.record for domain in live.values()]
    for record in sorted(records, key=lambda each: (not each.active, each.name)):
        cpu, disk, net = rates.of(record.uuid)
        stats = rates.newest.get(record.uuid)
        rows.append(
            {
                "id": record.id if record.id >= 0 else None,
                "name": record.name,
                "state": "unresponsive" if record.unresponsive_since_ms else str(record.state),
                "cpu_percent": cpu,
                "vcpus": record.vcpus,
                "memory_kib": record.memory_kib,
                "resident_kib": stats.resident_kib if stats and record.active else None,
                "disk_kib_per_s": disk,
                "net_kib_per_s": net,
            }
        )
    return rows


def _cells(row: dict[str, Any]) -> list[Any]:
    """A row for people, in the order of COLUMNS."""
    from .. import show

    memory = ("memory_kib", "resident_kib")
    return [
        show.kib(value) if name in memory and value is not None else value
        for name, value in row.items()
    ]


def _draw(conn: Connection, live: LiveDomains, rates: Rates) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from virtbus.errors import VirtbusError

    from .. import show

    problem = ""
    try:
        rates.take(conn.published_stats(deadline_s=2.0))
    except VirtbusError as error:
        problem = f"; no statistics: {error.message}"
    active = sum(1 for domain in live.values() if domain.record.active)
    how = "live" if live.fresh else f"STALE, agent {live.presence}"
    head = (
        f"{conn.uri}  {time.strftime('%H:%M:%S')}  {active} of {len(live)} active  {how}{problem}"
    )
    return Group(
        Text(show.readable(head), style="bold"),
        show.make_table(COLUMNS, [_cells(row) for row in _rows(live, rates)]),
    )
