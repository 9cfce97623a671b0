"""Mediated devices: parts of a device that are given away like devices."""

from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, Section, Value
from ..engine.values import UInt, Uuid
from .base import Capability


class MdevKind(Element, kw_only=True):
    """<type>: which of the types its parent offers."""

    id: Needed[str]


class MdevGroup(Element, kw_only=True):
    """<iommuGroup>; 0 until the device is made."""

    number: Needed[UInt] = 0


class MdevAttribute(Element, kw_only=True):
    """<attr>: one setting; the order matters to the driver."""

    name: Needed[str]
    value: Needed[str]


class MediatedDevice(Capability, kw_only=True):
    """A mediated device."""

    type: Needed[Literal["mdev"]] = "mdev"
    kind: Annotated[Section[MdevKind], Name("type")]
    uuid: Value[Uuid] = None
    parent_addr: Value[str] = None
    iommu_group: Annotated[Child[MdevGroup], Name("iommuGroup")] = None
    attributes: Annotated[Children[MdevAttribute], Name("attr")] = field(default_factory=list)

    def defaults(self) -> None:
        """The parent is what the device names; its address is found, not said."""
        self.parent_addr = None
        self.iommu_group = self.iommu_group or MdevGroup()
