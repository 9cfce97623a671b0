"""<cputune>: the guest's share of the host's processors, caches and memory bandwidth."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Needed, Value
from ..engine.number_sets import CpuSet, numbers
from ..engine.values import Int, Integer, UInt, ULong
from .resource_control import CacheTune, MemoryTune, tune_problems

Scheduler: TypeAlias = Literal["batch", "idle", "fifo", "rr"]
Quota: TypeAlias = Annotated[int, Integer(-(2**63), 2**63 - 1)]
PERIOD_US = (1000, 1_000_000)
QUOTA_US = (1000, 17_592_186_044_415)
_RANGES: dict[str, tuple[int, int]] = {
    f"{who}{what}": bounds
    for who in ("", "global_", "emulator_", "iothread_")
    for what, bounds in (("period", PERIOD_US), ("quota", QUOTA_US))
}


class VcpuPin(Element, kw_only=True):
    """<vcpupin>: the host's processors that one of the guest's may run on."""

    vcpu: Needed[UInt]
    cpuset: Needed[CpuSet]


class EmulatorPin(Element, kw_only=True):
    """<emulatorpin>: those the rest of the guest's process may run on."""

    cpuset: Needed[CpuSet]


class IoThreadPin(Element, kw_only=True):
    """<iothreadpin>: those one of the I/O threads may run on."""

    iothread: Needed[UInt]
    cpuset: Needed[CpuSet]


class EmulatorScheduler(Element, kw_only=True):
    """<emulatorsched>: how the host schedules the rest of the guest's process."""

    scheduler: Needed[Scheduler]
    priority: Attr[Int] = None

    def problems(self) -> Iterator[str]:
        """Real-time policies need a priority."""
        return _priority_problems(self.scheduler, self.priority)


class VcpuScheduler(Element, kw_only=True):
    """<vcpusched>: how it schedules processors."""

    vcpus: Needed[CpuSet]
    scheduler: Needed[Scheduler]
    priority: Attr[Int] = None

    def problems(self) -> Iterator[str]:
        """Real-time policies need a priority."""
        return _priority_problems(self.scheduler, self.priority)


class IoThreadScheduler(Element, kw_only=True):
    """<iothreadsched>: how it schedules I/O threads."""

    iothreads: Needed[CpuSet]
    scheduler: Needed[Scheduler]
    priority: Attr[Int] = None

    def problems(self) -> Iterator[str]:
        """Real-time policies need a priority."""
        return _priority_problems(self.scheduler, self.priority)


S = TypeVar("S", VcpuScheduler, IoThreadScheduler)


def _priority_problems(scheduler: Scheduler, priority: int | None) -> Iterator[str]:
    if scheduler in ("fifo", "rr") and priority is None:
        yield f"the scheduler '{scheduler}' needs a priority"


def _one_by_one(schedulers: list[S], name: str) -> list[S]:
    """One element for each thread, in the threads' order; only real-time has a priority."""
    single = [(number, each) for each in schedulers for number in numbers(getattr(each, name))]
    single.sort(key=lambda pair: pair[0])
    return [
        msgspec.structs.replace(
            each,
            priority=each.priority if each.scheduler in ("fifo", "rr") else None,
            **{name: str(number)},
        )
        for number, each in single
    ]


class CpuTune(Element):
    """<cputune>; periods and quotas in microseconds."""

    shares: Value[ULong] = None
    period: Value[ULong] = None
    quota: Value[Quota] = None
    global_period: Value[ULong] = None
    global_quota: Value[Quota] = None
    emulator_period: Value[ULong] = None
    emulator_quota: Value[Quota] = None
    iothread_period: Value[ULong] = None
    iothread_quota: Value[Quota] = None
    vcpupin: Children[VcpuPin] = field(default_factory=list)
    emulatorpin: Child[EmulatorPin] = None
    iothreadpin: Children[IoThreadPin] = field(default_factory=list)
    emulatorsched: Child[EmulatorScheduler] = None
    vcpusched: Children[VcpuScheduler] = field(default_factory=list)
    iothreadsched: Children[IoThreadScheduler] = field(default_factory=list)
    cachetune: Children[CacheTune] = field(default_factory=list)
    memorytune: Children[MemoryTune] = field(default_factory=list)

    def defaults(self) -> None:
        """0 is no limit; schedulers are told thread by thread."""
        for name in _RANGES:
            setattr(self, name, getattr(self, name) or None)
        self.vcpupin.sort(key=lambda pin: pin.vcpu)
        self.vcpusched = _one_by_one(self.vcpusched, "vcpus")
        self.iothreadsched = _one_by_one(self.iothreadsched, "iothreads")

    def problems(self) -> Iterator[str]:
        """Bounds of the kernel; each thread once."""
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value and not (low <= value <= high or (value < 0 and name.endswith("quota"))):
                yield f"{name} must be within {low}..{high}"
        pins = [pin.vcpu for pin in self.vcpupin]
        if len(pins) != len(set(pins)):
            yield "a vcpu is pinned more than once"
        threads = [pin.iothread for pin in self.iothreadpin]
        if len(threads) != len(set(threads)):
            yield "an iothread is pinned more than once"
        for what, sets in (
            ("vcpu", [s.vcpus for s in self.vcpusched]),
            ("iothread", [s.iothreads for s in self.iothreadsched]),
        ):
            named = [number for each in sets for number in numbers(each)]
            if len(named) != len(set(named)):
                yield f"the scheduler of a {what} is given more than once"
        yield from tune_problems(self.cachetune, self.memorytune)
