"""<device>: a device of the host, and what it is.

device = NODE_DEVICE.read(text)
device.capabilities[0].type
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import (
    LIVE,
    Attr,
    Child,
    Children,
    Element,
    Name,
    Needed,
    NeededValue,
    Text,
    Value,
)
from ..engine.document import Document
from . import mainframe, mdev, net, pci, scsi, storage, system, usb
from .base import Capability

__all__ = [
    "NODE_DEVICE",
    "Capability",
    "NodeDevice",
    "mainframe",
    "mdev",
    "net",
    "pci",
    "scsi",
    "storage",
    "system",
    "usb",
]


class DeviceNode(Element, kw_only=True):
    """<devnode>: the device's file below /dev, or a link to it."""

    type: Needed[Literal["dev", "link"]]
    path: Text[str] = None


class Parent(Element):
    """<parent>: the device this one hangs on, by name or as a port of a Fibre Channel."""

    wwnn: Attr[str] = None
    wwpn: Attr[str] = None
    fabric_wwn: Attr[str] = None
    name: Text[str] = None

    def problems(self) -> Iterator[str]:
        """Node and port are known together."""
        if (self.wwnn is None) != (self.wwpn is None):
            yield "'wwnn' and 'wwpn' belong together"


class Driver(Element, kw_only=True):
    """<driver>: the kernel module that has the device now."""

    name: NeededValue[str]


class NodeDevice(Element, kw_only=True):
    """<device>. One that is to be made has no name yet."""

    name: Value[str] = None
    path: Annotated[Value[str], LIVE] = None
    nodes: Annotated[Children[DeviceNode], Name("devnode"), LIVE] = field(default_factory=list)
    parent: Child[Parent] = None
    driver: Annotated[Child[Driver], LIVE] = None
    capabilities: Annotated[Children[Capability], Name("capability")] = field(default_factory=list)

    def defaults(self) -> None:
        """Which driver has the device is a fact of the host, not said by a definition."""
        self.driver = None

    def problems(self) -> Iterator[str]:
        """A device is something."""
        if not self.capabilities:
            yield "a <capability> is needed"


NODE_DEVICE = Document("device", NodeDevice)
