"""Where a device of the host is."""

from typing import Annotated

from .engine.declare import Element, Needed
from .engine.values import Hex


class HostPciAddress(Element):
    """<address> of a PCI device of the host, as a guest's device names it."""

    domain: Needed[Annotated[int, Hex(0xFFFFFFFF, 4)]] = 0
    bus: Needed[Annotated[int, Hex(0xFF, 2)]] = 0
    slot: Needed[Annotated[int, Hex(0x1F, 2)]] = 0
    function: Needed[Annotated[int, Hex(7, 1)]] = 0
