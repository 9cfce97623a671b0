"""What the capabilities of host devices share."""

import re
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import field

from ..engine.declare import Children, Element, Name, Needed, NeededValue, Text, Value
from ..engine.values import Hex, UInt

CapabilityType: TypeAlias = Literal[
    "system", "pci", "usb_device", "usb", "net", "scsi_host", "scsi_target", "scsi",
    "scsi_generic", "storage", "drm", "mdev", "ccw", "css", "ccwgroup", "vdpa", "ap_card",
    "ap_queue", "ap_matrix",
]  # fmt: skip

_BASE16 = re.compile(r"(0[xX])?[0-9a-fA-F]{1,8}", re.ASCII)


class Base16(msgspec.Struct, frozen=True):
    """A number that is hexadecimal with and without 0x; written with it."""

    high: int
    digits: int

    def parse(self, raw: str) -> int:
        """A number up to `high`."""
        text = raw.strip()
        if not _BASE16.fullmatch(text):
            raise ValueError(f"expected a hexadecimal number, not '{raw[:60]}'")
        return self._bounded(int(text, 16))

    def format(self, value: int) -> str:
        """`digits` digits at least."""
        return f"0x{self._bounded(value):0{self.digits}x}"

    def _bounded(self, value: int) -> int:
        if not 0 <= value <= self.high:
            raise ValueError(f"{value:#x} is not within 0..{self.high:#x}")
        return value


class Capability(Element, kw_only=True):
    """<capability>: what the device is; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[CapabilityType]


class NamedId(Element, kw_only=True):
    """A vendor or product: its number, and its name where that is known."""

    id: Needed[Annotated[int, Base16(0xFFFFFFFF, 4)]]
    name: Text[str] = None


class MdevType(Element, kw_only=True):
    """<type>: one kind of mediated device that can be made of the device."""

    id: Needed[str]
    name: Value[str] = None
    device_api: Annotated[NeededValue[str], Name("deviceAPI")]
    available_instances: Annotated[NeededValue[UInt], Name("availableInstances")]


class MdevTypes(Element, kw_only=True):
    """<capability type='mdev_types'>."""

    type: Needed[Literal["mdev_types"]] = "mdev_types"
    types: Annotated[Children[MdevType], Name("type")] = field(default_factory=list)


class CcwAddress(Element, kw_only=True):
    """Where a device sits in the channel subsystem of a mainframe."""

    cssid: NeededValue[Annotated[int, Hex(0xFE, 1)]]
    ssid: NeededValue[Annotated[int, Hex(3, 1)]]
    devno: NeededValue[Annotated[int, Hex(0xFFFF, 4)]]
