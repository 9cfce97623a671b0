"""<features>: what the machine has besides devices."""

from __future__ import annotations

from typing import Annotated, Literal

from ..engine.declare import Attr, Child, Element, Flag, Name
from ..engine.values import OnOff, UInt


class State(Element):
    """A feature that is switched: <x state='on'/>."""

    state: Attr[OnOff] = None


class Apic(Element):
    """<apic>."""

    eoi: Attr[OnOff] = None


class Spinlocks(Element):
    """<spinlocks>: retries before the guest tells the hypervisor."""

    state: Attr[OnOff] = None
    retries: Attr[UInt] = None


class Stimer(Element):
    """<stimer>: synthetic timers, and their direct mode."""

    state: Attr[OnOff] = None
    direct: Child[State] = None


class VendorId(Element):
    """<vendor_id>: what the guest is told in place of the hypervisor's name."""

    state: Attr[OnOff] = None
    value: Attr[str] = None


class Hyperv(Element):
    """<hyperv>: enlightenments for Windows guests."""

    mode: Attr[Literal["custom", "passthrough"]] = None
    relaxed: Child[State] = None
    vapic: Child[State] = None
    spinlocks: Child[Spinlocks] = None
    vpindex: Child[State] = None
    runtime: Child[State] = None
    synic: Child[State] = None
    stimer: Child[Stimer] = None
    reset: Child[State] = None
    vendor_id: Child[VendorId] = None
    frequencies: Child[State] = None
    reenlightenment: Child[State] = None
    tlbflush: Child[State] = None
    ipi: Child[State] = None
    evmcs: Child[State] = None
    avic: Child[State] = None


class Kvm(Element):
    """<kvm>: what the guest is told about KVM."""

    hidden: Child[State] = None
    hint_dedicated: Annotated[Child[State], Name("hint-dedicated")] = None
    poll_control: Annotated[Child[State], Name("poll-control")] = None


class Features(Element):
    """<features>."""

    acpi: Flag = False
    apic: Child[Apic] = None
    pae: Flag = False
    hyperv: Child[Hyperv] = None
    kvm: Child[Kvm] = None
    pmu: Child[State] = None
    vmport: Child[State] = None
    smm: Child[State] = None
    vmcoreinfo: Child[State] = None
