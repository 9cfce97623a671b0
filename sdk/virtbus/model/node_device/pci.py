"""PCI devices of the host, with virtual functions and mediated devices."""

from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import field

from ..engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Name,
    Needed,
    NeededValue,
    Section,
    Value,
)
from ..engine.values import Int, UInt
from ..host_address import HostPciAddress
from .base import Base16, Capability, MdevType, NamedId
from .vpd import VpdFields

PciFeatureType: TypeAlias = Literal[
    "phys_function", "virt_functions", "pci-bridge", "cardbus-bridge", "mdev_types", "vpd"
]
_ORDER = {name: place for place, name in enumerate(get_args(PciFeatureType))}


class PciFeature(Element, kw_only=True):
    """<capability> of a PCI device; the subclass follows from `type`, bridges have no more."""

    CHOSEN_BY = "type"

    type: Needed[PciFeatureType]


class PhysicalFunction(PciFeature, kw_only=True):
    """The device is a virtual function of the one at this address."""

    type: Needed[Literal["phys_function"]] = "phys_function"
    address: Section[HostPciAddress]


class VirtualFunctions(PciFeature, kw_only=True):
    """The device can have virtual functions; these are there now."""

    type: Needed[Literal["virt_functions"]] = "virt_functions"
    max_count: Annotated[Attr[UInt], Name("maxCount")] = None
    addresses: Annotated[Children[HostPciAddress], Name("address")] = field(default_factory=list)

    def defaults(self) -> None:
        """At most none is not said."""
        self.max_count = self.max_count or None


class PciMdevTypes(PciFeature, kw_only=True):
    """The mediated devices that can be made of it."""

    type: Needed[Literal["mdev_types"]] = "mdev_types"
    types: Annotated[Children[MdevType], Name("type")] = field(default_factory=list)


class VitalProductData(PciFeature, kw_only=True):
    """What the maker wrote into the device."""

    type: Needed[Literal["vpd"]] = "vpd"
    name: NeededValue[str]
    fields: Children[VpdFields] = field(default_factory=list)


class IommuGroup(Element, kw_only=True):
    """<iommuGroup>: the devices that can only be given away together."""

    number: Needed[UInt]
    addresses: Annotated[Children[HostPciAddress], Name("address")] = field(default_factory=list)


class NumaNode(Element):
    """<numa>: the node of the host that the device is next to."""

    node: Attr[Int] = None


class PciLink(Element, kw_only=True):
    """<link>: `cap` is what the device can, `sta` what it does; speed in GT/s."""

    validity: Needed[Literal["cap", "sta"]]
    port: Attr[UInt] = None
    speed: Attr[Literal["2.5", "5", "8", "16", "32", "64"]] = None
    width: Needed[UInt]


class PciExpress(Element):
    """<pci-express>."""

    links: Annotated[Children[PciLink], Name("link")] = field(default_factory=list)


class PciDevice(Capability, kw_only=True):
    """A PCI device."""

    type: Needed[Literal["pci"]] = "pci"
    device_class: Annotated[Value[Annotated[int, Base16(0xFFFFFF, 6)]], Name("class")] = None
    domain: NeededValue[UInt]
    bus: NeededValue[UInt]
    slot: NeededValue[UInt]
    function: NeededValue[UInt]
    product: Section[NamedId]
    vendor: Section[NamedId]
    features: Annotated[Children[PciFeature], Name("capability")] = field(default_factory=list)
    iommu_group: Annotated[Child[IommuGroup], Name("iommuGroup")] = None
    numa: Child[NumaNode] = None
    pci_express: Annotated[Child[PciExpress], Name("pci-express")] = None

    def defaults(self) -> None:
        """Features in their order; no group without members, no node below 0."""
        self.features.sort(key=lambda feature: _ORDER[feature.type])
        if self.iommu_group is not None and not self.iommu_group.addresses:
            self.iommu_group = None
        if self.numa is not None and (self.numa.node is None or self.numa.node < 0):
            self.numa = None
