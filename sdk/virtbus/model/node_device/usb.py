"""USB devices of the host, and their interfaces."""

from __future__ import annotations

from typing import Annotated, Literal

from ..engine.declare import Name, Needed, NeededValue, Section, Value
from ..engine.values import UInt
from .base import Capability, NamedId


class UsbDevice(Capability, kw_only=True):
    """A USB device."""

    type: Needed[Literal["usb_device"]] = "usb_device"
    bus: NeededValue[UInt]
    device: NeededValue[UInt]
    product: Section[NamedId]
    vendor: Section[NamedId]


class UsbInterface(Capability, kw_only=True):
    """One interface of a USB device."""

    type: Needed[Literal["usb"]] = "usb"
    number: NeededValue[UInt]
    device_class: Annotated[NeededValue[UInt], Name("class")]
    subclass: NeededValue[UInt]
    protocol: NeededValue[UInt]
    description: Value[str] = None
