"""<iommu>: what stands between the guest's devices and its memory."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ...engine.declare import Attr, Child, Element, Name, Needed
from ...engine.values import OnOff, UInt
from .address import Address
from .common import Acpi, Alias


class IommuDriver(Element):
    """<driver>: what Intel's IOMMU offers."""

    MAY_BE_EMPTY = False

    intremap: Attr[OnOff] = None
    caching_mode: Attr[OnOff] = None
    eim: Attr[OnOff] = None
    iotlb: Attr[OnOff] = None
    address_width_bits: Annotated[Attr[UInt], Name("aw_bits")] = None
    dma_translation: Attr[OnOff] = None


class Iommu(Element, kw_only=True):
    """<iommu>."""

    model: Needed[Literal["intel", "smmuv3", "virtio"]]
    driver: Child[IommuDriver] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """The driver is Intel's; only virtio's sits on a bus."""
        if self.model != "intel" and self.driver not in (None, IommuDriver()):
            yield f"model '{self.model}' has no driver attributes"
        if self.model != "virtio" and self.address is not None:
            yield f"model '{self.model}' has no address"
