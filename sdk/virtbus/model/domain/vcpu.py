"""<vcpu>, <vcpus>, <iothreads>: how many threads the guest runs on."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Text
from ..engine.number_sets import CpuSet
from ..engine.values import Integer, Positive, UInt, ULong, YesNo

PoolSize = Annotated[int, Integer(-1, 2**31 - 1)]


class Vcpu(Element):
    """<vcpu>: how many processors the guest may have, and has when it starts."""

    placement: Attr[Literal["static", "auto"]] = None
    cpuset: Attr[CpuSet] = None
    current: Attr[Positive] = None
    maximum: Text[Positive] = None

    def problems(self) -> Iterator[str]:
        """Fewer processors at start than at most."""
        if self.current and self.current > (self.maximum or 1):
            yield f"current ({self.current}) is more than the maximum ({self.maximum or 1})"


class VcpuState(Element, kw_only=True):
    """<vcpu> of <vcpus>: one processor, and when it is plugged in."""

    id: Needed[UInt]
    enabled: Needed[YesNo]
    hotpluggable: Attr[YesNo] = None
    order: Attr[UInt] = None


class Vcpus(Element):
    """<vcpus>: the processors one by one."""

    vcpu: Children[VcpuState] = field(default_factory=list)


class IoThreadPoll(Element):
    """<poll>: how long the thread polls before it sleeps."""

    max_ns: Annotated[Attr[ULong], Name("max")] = None
    grow: Attr[ULong] = None
    shrink: Attr[ULong] = None


class IoThread(Element, kw_only=True):
    """<iothread>: a thread for disks, by number."""

    id: Needed[Positive]
    thread_pool_min: Attr[PoolSize] = None
    thread_pool_max: Attr[PoolSize] = None
    poll: Child[IoThreadPoll] = None

    def problems(self) -> Iterator[str]:
        """The pool's bounds fit each other."""
        yield from pool_problems(self.thread_pool_min, self.thread_pool_max)


class IoThreads(Element):
    """<iothreadids>: the threads that are more than a number."""

    iothread: Children[IoThread] = field(default_factory=list)


class DefaultIoThread(Element):
    """<defaultiothread>: the pool of QEMU's main loop."""

    thread_pool_min: Attr[PoolSize] = None
    thread_pool_max: Attr[PoolSize] = None

    def problems(self) -> Iterator[str]:
        """The pool's bounds fit each other."""
        yield from pool_problems(self.thread_pool_min, self.thread_pool_max)


def pool_problems(low: int | None, high: int | None) -> Iterator[str]:
    """What contradicts in the bounds of a thread pool."""
    if high == 0:
        yield "thread_pool_max must be more than 0"
    elif low is not None and high is not None and low > high >= 0:
        yield f"thread_pool_min ({low}) is more than thread_pool_max ({high})"
