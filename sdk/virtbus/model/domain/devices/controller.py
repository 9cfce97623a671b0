"""<controller>: what disks, serial ports, USB and PCI devices hang on."""

from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed
from ...engine.values import Hex, OnOff, UInt
from .address import Address
from .common import Alias, Queues

ControllerType: TypeAlias = Literal[
    "ide", "fdc", "scsi", "sata", "virtio-serial", "ccid", "usb", "pci", "xenbus", "isa", "nvme"
]


class ControllerDriver(Element):
    """<driver> of a controller."""

    queues: Attr[Queues] = None
    cmd_per_lun: Attr[UInt] = None
    max_sectors: Attr[UInt] = None
    ioeventfd: Attr[OnOff] = None
    iothread: Attr[UInt] = None


class PciModel(Element):
    """<model>: the device that stands for a PCI bridge or root port."""

    name: Attr[str] = None


class PciTarget(Element):
    """<target>: numbers a guest sees of a PCI bridge or root port."""

    chassis_nr: Annotated[Attr[UInt], Name("chassisNr")] = None
    chassis: Attr[UInt] = None
    port: Attr[Annotated[int, Hex(0xFF, 1)]] = None
    bus_nr: Annotated[Attr[UInt], Name("busNr")] = None
    hotplug: Attr[OnOff] = None


class Controller(Element, kw_only=True):
    """<controller>. `index` is given by the defaults where the document has none."""

    type: Needed[ControllerType]
    index: Attr[UInt] = None
    model: Attr[str] = None
    ports: Attr[UInt] = None
    vectors: Attr[UInt] = None
    driver: Child[ControllerDriver] = None
    pci_model: Annotated[Child[PciModel], Name("model")] = None
    target: Child[PciTarget] = None
    alias: Child[Alias] = None
    address: Child[Address] = None
