"""<address>: where a device sits, by the kind of bus."""

from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Element, Needed
from ...engine.values import Hex, OnOff, UInt

AddressType: TypeAlias = Literal[
    "pci", "drive", "virtio-serial", "ccid", "usb", "spapr-vio", "virtio-s390", "ccw",
    "virtio-mmio", "isa", "dimm", "unassigned",
]  # fmt: skip


class Address(Element, kw_only=True):
    """<address>; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[AddressType]


class PciAddress(Address, kw_only=True):
    """A slot on a PCI bus; `bus` is the index of the controller that provides it."""

    type: Needed[Literal["pci"]] = "pci"
    domain: Needed[Annotated[int, Hex(0xFFFFFFFF, 4)]] = 0
    bus: Needed[Annotated[int, Hex(0xFF, 2)]] = 0
    slot: Needed[Annotated[int, Hex(0x1F, 2)]] = 0
    function: Needed[Annotated[int, Hex(7, 1)]] = 0
    multifunction: Attr[OnOff] = None


class DriveAddress(Address, kw_only=True):
    """A place on a disk controller."""

    type: Needed[Literal["drive"]] = "drive"
    controller: Needed[UInt] = 0
    bus: Needed[UInt] = 0
    target: Needed[UInt] = 0
    unit: Needed[UInt] = 0


class VirtioSerialAddress(Address, kw_only=True):
    """A port of a virtio-serial controller."""

    type: Needed[Literal["virtio-serial"]] = "virtio-serial"
    controller: Needed[UInt] = 0
    bus: Needed[UInt] = 0
    port: Attr[UInt] = None


class UsbAddress(Address, kw_only=True):
    """A port of a USB controller or hub: "1.2" is port 2 of the hub on port 1."""

    type: Needed[Literal["usb"]] = "usb"
    bus: Needed[UInt] = 0
    port: Attr[str] = None


class IsaAddress(Address, kw_only=True):
    """Ports and interrupt of an ISA device."""

    type: Needed[Literal["isa"]] = "isa"
    iobase: Attr[Annotated[int, Hex(0xFFFFFFFF, 1)]] = None
    irq: Attr[Annotated[int, Hex(0xFFFFFFFF, 1)]] = None
