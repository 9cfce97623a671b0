"""<vsock>: sockets between guest and host, without a network."""

from collections.abc import Iterator
from typing import Literal

from ...engine.declare import Attr, Child, Element
from ...engine.values import UInt, YesNo
from .address import Address
from .common import Acpi, Alias, VirtioDriver

LOWEST_CID = 3
"""Those below stand for the hypervisor and the host."""


class Cid(Element):
    """<cid>: the guest's address."""

    MAY_BE_EMPTY = False

    auto: Attr[YesNo] = None
    address: Attr[UInt] = None


class Vsock(Element):
    """<vsock>."""

    model: Attr[Literal["default", "virtio", "virtio-transitional", "virtio-non-transitional"]] = (
        None
    )
    cid: Child[Cid] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
    driver: Child[VirtioDriver] = None

    def defaults(self) -> None:
        """An address is chosen at start when none is given."""
        if self.model == "default":
            self.model = None
        self.cid = self.cid or Cid()
        if self.cid.auto is None:
            self.cid.auto = self.cid.address is None

    def problems(self) -> Iterator[str]:
        """The address is a guest's."""
        if self.cid and self.cid.address is not None and self.cid.address < LOWEST_CID:
            yield f"a guest's CID is {LOWEST_CID} or more"
