"""Rates between two publications."""

from uuid import UUID

from virtbus.operations.records import BlockStats, DomainStats, InterfaceStats, State
from virtbus_cli.commands.top import Rates

VM = UUID(int=1)


def stats(time_ms: int, cpu_ns: int, disk_bytes: int = 0, net_bytes: int = 0) -> DomainStats:
    return DomainStats(
        uuid=VM, name="vm", time_ms=time_ms, state=State.RUNNING, reason="booted",
        cpu_time_ns=cpu_ns,
        blocks=(BlockStats(name="vda", read_bytes=disk_bytes, write_bytes=disk_bytes),),
        interfaces=(InterfaceStats(name="tap0", rx_bytes=net_bytes),),
    )  # fmt: skip


def test_rates_are_of_the_last_two_publications() -> None:
    rates = Rates()
    rates.take([stats(0, 0)])
    assert rates.of(VM) == (None, None, None)
    rates.take([stats(2000, 1_000_000_000, 4096, 1024)])
    assert rates.of(VM) == (50.0, 4.0, 0.5)
    rates.take([stats(2000, 1_000_000_000, 4096, 1024)])  # nothing new was published
    assert rates.of(VM) == (50.0, 4.0, 0.5)


def test_a_guest_that_was_started_anew_has_no_rate_yet() -> None:
    rates = Rates()
    rates.take([stats(0, 5_000_000_000)])
    rates.take([stats(2000, 1)])
    assert rates.of(VM) == (None, None, None)


def test_what_is_gone_is_forgotten() -> None:
    rates = Rates()
    rates.take([stats(0, 0)])
    rates.take([stats(1000, 1)])
    rates.take([])
    assert rates.newest == {}
    assert rates.of(VM) == (None, None, None)
