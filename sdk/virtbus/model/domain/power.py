"""What happens when the guest stops or crashes, whether it may sleep, what is counted of it."""

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import YesNo

LifecycleAction: TypeAlias = Literal[
    "destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart"
]
LockFailureAction: TypeAlias = Literal["default", "poweroff", "restart", "pause", "ignore"]
PerfEventName: TypeAlias = Literal[
    "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references", "cache_misses",
    "branch_instructions", "branch_misses", "bus_cycles", "stalled_cycles_frontend",
    "stalled_cycles_backend", "ref_cpu_cycles", "cpu_clock", "task_clock", "page_faults",
    "context_switches", "cpu_migrations", "page_faults_min", "page_faults_maj",
    "alignment_faults", "emulation_faults",
]  # fmt: skip


class Enabled(Element):
    """<suspend-to-mem>, <suspend-to-disk>."""

    enabled: Attr[YesNo] = None


class PowerManagement(Element):
    """<pm>: whether the firmware offers to sleep."""

    suspend_to_mem: Annotated[Child[Enabled], Name("suspend-to-mem")] = None
    suspend_to_disk: Annotated[Child[Enabled], Name("suspend-to-disk")] = None

    def defaults(self) -> None:
        """An element that says nothing is as none."""
        if self.suspend_to_mem is not None and self.suspend_to_mem.enabled is None:
            self.suspend_to_mem = None
        if self.suspend_to_disk is not None and self.suspend_to_disk.enabled is None:
            self.suspend_to_disk = None


class PerfEvent(Element, kw_only=True):
    """<event>: one of the kernel's counters."""

    name: Needed[PerfEventName]
    enabled: Needed[YesNo]


class Perf(Element):
    """<perf>."""

    event: Children[PerfEvent] = field(default_factory=list)
