"""<domain>: the guest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...errors import InvalidDocument
from ..engine.declare import (
    LIVE,
    Attr,
    Child,
    Children,
    Element,
    Kept,
    Name,
    Needed,
    NeededValue,
    Section,
    Value,
)
from ..engine.values import Int, Uuid
from ..names import check_name
from .boot import Os
from .clock import Clock
from .cpu import Cpu, Vcpu
from .devices import Devices
from .disks import disks_problems
from .features import Features
from .lines import line_problems
from .memory import CurrentMemory, MaxMemory, Memory
from .power import CrashAction, LifecycleAction, PowerManagement
from .security import SecurityLabel
from .throttle import ThrottleGroups

DomainType: TypeAlias = Literal[
    "qemu", "kqemu", "kvm", "xen", "lxc", "uml", "openvz", "test", "vmware", "hyperv", "vbox",
    "phyp", "parallels", "bhyve", "vz", "hvf",
]  # fmt: skip


class Domain(Element, kw_only=True):
    """<domain>."""

    type: Needed[DomainType]
    id: Annotated[Attr[Int], LIVE] = None
    name: NeededValue[str]
    uuid: Value[Uuid] = None
    title: Value[str] = None
    description: Value[str] = None
    metadata: Kept = None
    max_memory: Annotated[Child[MaxMemory], Name("maxMemory")] = None
    memory: Section[Memory]
    current_memory: Annotated[Child[CurrentMemory], Name("currentMemory")] = None
    vcpu: Section[Vcpu] = field(default_factory=Vcpu)
    throttlegroups: Child[ThrottleGroups] = None
    os: Section[Os]
    features: Child[Features] = None
    cpu: Child[Cpu] = None
    clock: Child[Clock] = None
    on_poweroff: Value[LifecycleAction] = None
    on_reboot: Value[LifecycleAction] = None
    on_crash: Value[CrashAction] = None
    pm: Child[PowerManagement] = None
    devices: Section[Devices] = field(default_factory=Devices)
    seclabels: Annotated[Children[SecurityLabel], Name("seclabel")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """The name, and numbers that must fit each other."""
        try:
            check_name(self.name)
        except InvalidDocument as error:
            yield str(error.details["reason"])
        if self.title and "\n" in self.title:
            yield "the title must be one line"
        current = self.current_memory
        if current and current.size_kib > self.memory.size_kib:
            yield "currentMemory is more than memory"
        if self.max_memory and self.max_memory.size_kib < self.memory.size_kib:
            yield "maxMemory is less than memory"
        if self.cpu and self.cpu.topology:
            count, maximum = self.cpu.topology.count(), self.vcpu.maximum or 1
            if count != maximum:
                yield f"the CPU topology makes {count} processors, but vcpu says {maximum}"
        yield from line_problems(self.devices)
        yield from _device_problems(self.devices)
        yield from disks_problems(self)


def _device_problems(devices: Devices) -> Iterator[str]:
    boots = [disk.boot for disk in devices.disks] + [nic.boot for nic in devices.interfaces]
    used: dict[str, list[object]] = {
        "disk target": [disk.target.dev for disk in devices.disks],
        "boot order": [boot.order for boot in boots if boot],
        "controller": [f"{c.type} {c.index}" for c in devices.controllers if c.index is not None],
    }
    for what, names in used.items():
        for name in dict.fromkeys(n for n in names if names.count(n) > 1):
            yield f"{what} {name} is used more than once"
