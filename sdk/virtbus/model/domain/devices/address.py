"""<address>: where a device sits, by the kind of bus."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, TypeAlias

from ...engine.declare import Attr, Child, Element, Needed
from ...engine.values import BareHex, Hex, OnOff, UInt

AddressType: TypeAlias = Literal[
    "pci", "drive", "virtio-serial", "ccid", "usb", "spapr-vio", "virtio-s390", "ccw",
    "virtio-mmio", "isa", "dimm", "unassigned",
]  # fmt: skip

_PORT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}", re.ASCII)


class PortPath:
    """Ports from a controller down through hubs: "1.2.4", at most four."""

    def parse(self, raw: str) -> str:
        """Numbers with dots between."""
        if not _PORT.fullmatch(raw):
            raise ValueError(f"expected a port such as 1 or 1.2, not '{raw}'")
        return ".".join(str(int(part)) for part in raw.split("."))

    format = parse


class Address(Element, kw_only=True):
    """<address>; the subclass follows from `type`. A class without fields is its type alone."""

    CHOSEN_BY = "type"

    type: Needed[AddressType]

    def problems(self) -> Iterator[str]:
        """That type has no address to give."""
        if self.type == "virtio-s390":
            yield "bus virtio-s390 has no addresses"


class Zpci(Element):
    """<zpci>: the identifiers s390 gives a PCI function."""

    uid: Attr[Annotated[int, Hex(0xFFFFFFFF, 4)]] = None
    fid: Attr[Annotated[int, Hex(0xFFFFFFFF, 8)]] = None

    def problems(self) -> Iterator[str]:
        """User identifiers are sixteen bits, and 0 is none."""
        if self.uid is not None and not 0 < self.uid <= 0xFFFF:
            yield f"uid {self.uid:#x} is not within 0x1..0xffff"


class PciPlace(NamedTuple):
    """A function of a PCI device; `bus` is the index of the controller that provides it."""

    bus: int
    slot: int
    function: int = 0
    domain: int = 0

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function}"


class PciAddress(Address, kw_only=True):
    """A slot on a PCI bus. Without numbers: on PCI, wherever there is room."""

    type: Needed[Literal["pci"]] = "pci"
    domain: Attr[Annotated[int, Hex(0xFFFFFFFF, 4)]] = None
    bus: Attr[Annotated[int, Hex(0xFF, 2)]] = None
    slot: Attr[Annotated[int, Hex(0x1F, 2)]] = None
    function: Attr[Annotated[int, Hex(7, 1)]] = None
    multifunction: Attr[OnOff] = None
    zpci: Child[Zpci] = None

    @property
    def place(self) -> PciPlace:
        """The place it names; what it leaves out is 0."""
        return PciPlace(self.bus or 0, self.slot or 0, self.function or 0, self.domain or 0)

    @property
    def is_open(self) -> bool:
        """Whether the place is still to be chosen: 0000:00:00 is the host bridge's own."""
        return not (self.domain or self.bus or self.slot)

    def take(self, place: PciPlace) -> None:
        """Stand for that place."""
        self.bus, self.slot, self.function, self.domain = place

    def defaults(self) -> None:
        """All numbers, or none."""
        if self.is_open:
            self.domain = self.bus = self.slot = self.function = None
        elif self.domain is None or self.bus is None or self.slot is None or self.function is None:
            self.take(self.place)


class DriveAddress(Address, kw_only=True):
    """A place on a disk controller."""

    type: Needed[Literal["drive"]] = "drive"
    controller: Needed[UInt] = 0
    bus: Needed[UInt] = 0
    target: Needed[UInt] = 0
    unit: Needed[UInt] = 0


class VirtioSerialAddress(Address, kw_only=True):
    """A port of a virtio-serial controller; port 0 is for a console, or still to be chosen."""

    type: Needed[Literal["virtio-serial"]] = "virtio-serial"
    controller: Needed[UInt] = 0
    bus: Needed[UInt] = 0
    port: Needed[UInt] = 0


class CcidAddress(Address, kw_only=True):
    """A slot of a smart card reader."""

    type: Needed[Literal["ccid"]] = "ccid"
    controller: Needed[UInt] = 0
    slot: Needed[UInt] = 0


class UsbAddress(Address, kw_only=True):
    """A port of a USB controller or hub: "1.2" is port 2 of the hub on port 1."""

    type: Needed[Literal["usb"]] = "usb"
    bus: Needed[UInt] = 0
    port: Attr[Annotated[str, PortPath()]] = None

    def defaults(self) -> None:
        """Port 0 is one still to be chosen."""
        if self.port is not None and self.port.startswith("0"):
            self.port = None


class SpaprVioAddress(Address, kw_only=True):
    """A register of a pSeries guest's virtual bus."""

    type: Needed[Literal["spapr-vio"]] = "spapr-vio"
    reg: Attr[Annotated[int, BareHex(2**64 - 1, 8)]] = None


class CcwAddress(Address, kw_only=True):
    """A device number on an s390 channel subsystem; all three, or none yet."""

    type: Needed[Literal["ccw"]] = "ccw"
    cssid: Attr[Annotated[int, Hex(0xFE, 1)]] = None
    ssid: Attr[Annotated[int, Hex(3, 1)]] = None
    devno: Attr[Annotated[int, Hex(0xFFFF, 4)]] = None

    def problems(self) -> Iterator[str]:
        """A part of an address is none."""
        given = [part for part in (self.cssid, self.ssid, self.devno) if part is not None]
        if len(given) not in (0, 3):
            yield "cssid, ssid and devno must be given together"


class IsaAddress(Address, kw_only=True):
    """Ports and interrupt of an ISA device."""

    type: Needed[Literal["isa"]] = "isa"
    iobase: Attr[Annotated[int, BareHex(0xFFFFFFFF, 1)]] = None
    irq: Attr[Annotated[int, BareHex(0xFFFFFFFF, 1)]] = None

    def defaults(self) -> None:
        """0 is none."""
        self.iobase = self.iobase or None
        self.irq = self.irq or None


class DimmAddress(Address, kw_only=True):
    """A slot for a memory module, and the address in the guest's memory, in bytes."""

    type: Needed[Literal["dimm"]] = "dimm"
    slot: Needed[UInt]
    base: Attr[Annotated[int, BareHex(2**64 - 1, 1)]] = None

    def defaults(self) -> None:
        """0 is none."""
        self.base = self.base or None


def is_pci_open(address: Address | None) -> bool:
    """Whether a device with that address may still be given a place on a PCI bus."""
    return address is None or (isinstance(address, PciAddress) and address.is_open)
