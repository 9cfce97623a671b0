"""<features>: what the machine has besides devices."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ..engine.declare import Attr, Child, Element, Flag, Name, Needed, Text
from ..engine.values import OnOff, ULong, Unit, YesNo, largest_unit, scaled
from .hyperv import Enlightenment, Hyperv, Kvm, Xen
from .memory import SizeKib
from .process_capabilities import ProcessCapabilities

Workaround: TypeAlias = Literal["broken", "workaround", "fixed"]


class State(Element):
    """A feature that is switched, on when it is named: <x state='on'/>."""

    state: Attr[OnOff] = None

    def defaults(self) -> None:
        """To name it is to want it."""
        if self.state is None:
            self.state = True


class Apic(Element):
    """<apic>."""

    eoi: Attr[OnOff] = None


class Gic(Element):
    """<gic>: the interrupt controller of ARM machines."""

    version: Attr[Literal["host", "2", "3"]] = None


class Tseg(Element):
    """<tseg>: memory for system management."""

    unit: Attr[str] = None
    size: Text[ULong] = None

    def defaults(self) -> None:
        """The size in the largest unit that divides it."""
        self.size, self.unit = largest_unit(self.size_bytes)

    @property
    def size_bytes(self) -> int:
        """The size; 0 when it says none."""
        return scaled(self.size or 0, self.unit, Unit("B", "MiB"))


class Smm(Element):
    """<smm>: system management mode."""

    state: Attr[OnOff] = None
    tseg: Child[Tseg] = None

    def defaults(self) -> None:
        """To name it is to want it; what is off has no memory."""
        if self.state is None:
            self.state = True
        if not self.state:
            self.tseg = None


class IoApic(Element):
    """<ioapic>: who emulates it."""

    driver: Attr[Literal["kvm", "qemu"]] = None


class Hpt(Element):
    """<hpt>: the hashed page table of POWER guests."""

    resizing: Attr[Literal["enabled", "disabled", "required"]] = None
    maxpagesize: Child[SizeKib] = None


class Msrs(Element, kw_only=True):
    """<msrs>: what becomes of registers nobody knows."""

    unknown: Needed[Literal["ignore", "fault"]]


class Mitigation(Element):
    """<cfpc>, <sbbc>: how safe a POWER guest is told to be."""

    value: Attr[Workaround] = None


class Ibs(Element):
    """<ibs>: how indirect branches are serialised."""

    value: Attr[Literal["broken", "workaround", "fixed-ibs", "fixed-ccd", "fixed-na"]] = None


class Tcg(Element):
    """<tcg>: the emulator's cache of translated code."""

    tb_cache: Annotated[Child[SizeKib], Name("tb-cache")] = None


class AsyncTeardown(Element):
    """<async-teardown>: whether memory is given back after the process has gone."""

    enabled: Attr[YesNo] = None

    def defaults(self) -> None:
        """To name it is to want it."""
        if self.enabled is None:
            self.enabled = True


class Aia(Element):
    """<aia>: the interrupt architecture of RISC-V machines."""

    value: Attr[Literal["none", "aplic", "aplic-imsic"]] = None


class Features(Element):
    """<features>."""

    acpi: Flag = False
    apic: Child[Apic] = None
    pae: Flag = False
    hap: Child[State] = None
    viridian: Flag = False
    privnet: Flag = False
    hyperv: Child[Hyperv] = None
    kvm: Child[Kvm] = None
    pvspinlock: Child[State] = None
    capabilities: Child[ProcessCapabilities] = None
    pmu: Child[State] = None
    vmport: Child[State] = None
    gic: Child[Gic] = None
    smm: Child[Smm] = None
    ioapic: Child[IoApic] = None
    hpt: Child[Hpt] = None
    vmcoreinfo: Child[State] = None
    htm: Child[Enlightenment] = None
    nested_hv: Annotated[Child[Enlightenment], Name("nested-hv")] = None
    msrs: Child[Msrs] = None
    ccf_assist: Annotated[Child[Enlightenment], Name("ccf-assist")] = None
    xen: Child[Xen] = None
    cfpc: Child[Mitigation] = None
    sbbc: Child[Mitigation] = None
    ibs: Child[Ibs] = None
    tcg: Child[Tcg] = None
    async_teardown: Annotated[Child[AsyncTeardown], Name("async-teardown")] = None
    ras: Child[Enlightenment] = None
    ps2: Child[Enlightenment] = None
    aia: Child[Aia] = None

    def defaults(self) -> None:
        """An element that says nothing is as none."""
        if self.tcg is not None and self.tcg.tb_cache is None:
            self.tcg = None
        if self.hpt is not None and not (self.hpt.resizing or self.hpt.maxpagesize):
            self.hpt = None
        if self.ioapic is not None and self.ioapic.driver is None:
            self.ioapic = None

    def problems(self) -> Iterator[str]:
        """A feature nobody knows is refused, as libvirt does."""
        for name, _ in self.ignored:
            if "@" not in name:
                yield f"unexpected feature '{name}'"
