"""PCI devices of the host that networks hand out, and the driver they get."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ..engine.declare import Attr, Element, Needed
from ..engine.values import Hex


class PciPlace(Element, kw_only=True):
    """<address>: where a device sits on the host."""

    type: Attr[Literal["pci"]] = None
    domain: Needed[Annotated[int, Hex(0xFFFFFFFF, 4)]] = 0
    bus: Needed[Annotated[int, Hex(0xFF, 2)]] = 0
    slot: Needed[Annotated[int, Hex(0x1F, 2)]] = 0
    function: Needed[Annotated[int, Hex(7, 1)]] = 0

    @property
    def place(self) -> tuple[int, int, int, int]:
        """What tells devices apart."""
        return self.domain, self.bus, self.slot, self.function

    def problems(self) -> Iterator[str]:
        """Function 0 of no device is no address."""
        if self.function and not (self.domain or self.bus or self.slot):
            yield "at least one of domain, bus and slot must be more than 0"


class PciDriver(Element):
    """<driver>: what serves the device on the host; `model` is a kernel module."""

    name: Attr[Literal["kvm", "vfio", "xen"]] = None
    model: Attr[str] = None

    @property
    def says_nothing(self) -> bool:
        """Whether the default is meant."""
        return self.name is None and self.model is None
