"""<hyperv>, <kvm>, <xen> of <features>: what the hypervisor itself tells the guest."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from ..engine.declare import Attr, Child, Element, Name, Needed
from ..engine.values import OnOff, UInt

MIN_SPINLOCK_RETRIES = 0xFFF


class Enlightenment(Element, kw_only=True):
    """A feature whose state must be told: <x state='on'/>."""

    state: Needed[OnOff]


class Spinlocks(Element, kw_only=True):
    """<spinlocks>: retries before the guest tells the hypervisor."""

    state: Needed[OnOff]
    retries: Attr[UInt] = None

    def defaults(self) -> None:
        """Nothing is said of what is off."""
        if not self.state:
            self.retries = None

    def problems(self) -> Iterator[str]:
        """At least 4095 retries."""
        if self.state and self.retries is None:
            yield "'retries' is missing"
        elif self.state and self.retries is not None and self.retries < MIN_SPINLOCK_RETRIES:
            yield f"retries must be at least {MIN_SPINLOCK_RETRIES}"


class Stimer(Element, kw_only=True):
    """<stimer>: synthetic timers, and their direct mode."""

    state: Needed[OnOff]
    direct: Child[Enlightenment] = None

    def defaults(self) -> None:
        """Only what is on is told."""
        self.direct = _if_on(self.direct, self.state)


class VendorId(Element, kw_only=True):
    """<vendor_id>: what the guest is told in place of the hypervisor's name."""

    state: Needed[OnOff]
    value: Attr[str] = None

    def defaults(self) -> None:
        """Nothing is said of what is off."""
        if not self.state:
            self.value = None

    def problems(self) -> Iterator[str]:
        """At most 12 characters."""
        if not self.state:
            return
        if self.value is None:
            yield "'value' is missing"
        elif len(self.value.encode()) > 12 or "," in self.value:
            yield "value must be at most 12 characters, none of them a comma"


class TlbFlush(Element, kw_only=True):
    """<tlbflush>: paravirtual TLB flush, its direct and extended modes."""

    state: Needed[OnOff]
    direct: Child[Enlightenment] = None
    extended: Child[Enlightenment] = None

    def defaults(self) -> None:
        """Only what is on is told."""
        self.direct = _if_on(self.direct, self.state)
        self.extended = _if_on(self.extended, self.state)


def _if_on(child: Enlightenment | None, state: bool) -> Enlightenment | None:
    return child if state and child is not None and child.state else None


class Hyperv(Element):
    """<hyperv>: enlightenments for Windows guests."""

    mode: Attr[Literal["custom", "passthrough"]] = None
    relaxed: Child[Enlightenment] = None
    vapic: Child[Enlightenment] = None
    spinlocks: Child[Spinlocks] = None
    vpindex: Child[Enlightenment] = None
    runtime: Child[Enlightenment] = None
    synic: Child[Enlightenment] = None
    stimer: Child[Stimer] = None
    reset: Child[Enlightenment] = None
    vendor_id: Child[VendorId] = None
    frequencies: Child[Enlightenment] = None
    reenlightenment: Child[Enlightenment] = None
    tlbflush: Child[TlbFlush] = None
    ipi: Child[Enlightenment] = None
    evmcs: Child[Enlightenment] = None
    avic: Child[Enlightenment] = None
    emsr_bitmap: Child[Enlightenment] = None
    xmm_input: Child[Enlightenment] = None

    def defaults(self) -> None:
        """The mode; what is passed through is not chosen here."""
        self.mode = self.mode or "custom"
        if self.mode == "passthrough":
            for name in _ENLIGHTENMENTS:
                setattr(self, name, None)


_ENLIGHTENMENTS = tuple(
    f.name
    for f in msgspec.structs.fields(Hyperv)
    if f.name not in (*Element.__struct_fields__, "mode")
)


class DirtyRing(Element, kw_only=True):
    """<dirty-ring>: dirty pages are told in a ring of so many entries."""

    state: Needed[OnOff]
    entries: Annotated[Attr[UInt], Name("size")] = None

    def defaults(self) -> None:
        """Nothing is said of what is off."""
        if not self.state:
            self.entries = None

    def problems(self) -> Iterator[str]:
        """A power of two."""
        if not self.state:
            return
        entries = self.entries or 0
        if not 1024 <= entries <= 65536 or entries & (entries - 1):
            yield "size must be a power of 2 within 1024..65536"


class Kvm(Element):
    """<kvm>: what the guest is told about KVM."""

    hidden: Child[Enlightenment] = None
    hint_dedicated: Annotated[Child[Enlightenment], Name("hint-dedicated")] = None
    poll_control: Annotated[Child[Enlightenment], Name("poll-control")] = None
    pv_ipi: Annotated[Child[Enlightenment], Name("pv-ipi")] = None
    dirty_ring: Annotated[Child[DirtyRing], Name("dirty-ring")] = None


class XenPassthrough(Element, kw_only=True):
    """<passthrough>: whether devices may be passed through, and how their tables are kept."""

    state: Needed[OnOff]
    mode: Attr[Literal["sync_pt", "share_pt"]] = None

    def defaults(self) -> None:
        """Nothing is said of what is off."""
        if not self.state:
            self.mode = None


class Xen(Element):
    """<xen>."""

    e820_host: Child[Enlightenment] = None
    passthrough: Child[XenPassthrough] = None
