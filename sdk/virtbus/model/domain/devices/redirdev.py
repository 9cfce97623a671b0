"""<redirdev> and <redirfilter>: USB devices of the person who looks at the guest."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import field

from ...engine.declare import Attr, Child, Children, Element, Name, Needed
from ...engine.values import YesNo
from .address import Address, UsbAddress
from .character_source import CharacterBackend, CharacterSource, CharacterType
from .common import Acpi, Alias, BootOrder

DBUS_CHANNEL = "org.qemu.usbredir"
_VERSION = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})", re.ASCII)


class RedirDev(CharacterBackend, kw_only=True):
    """<redirdev>: a slot for one USB device from afar."""

    bus: Needed[Literal["usb"]] = "usb"
    type: Needed[CharacterType]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """On D-Bus the name is known."""
        if self.type == "dbus" and not (self.source and self.source.channel):
            self.sources = [CharacterSource(channel=DBUS_CHANNEL)]
        self.settle(self.type)

    def problems(self) -> Iterator[str]:
        """The line is complete; the device sits on a USB bus."""
        if self.type != "dbus" or self.sources:
            yield from self.line_problems(self.type)
        if self.address is not None and not isinstance(self.address, UsbAddress):
            yield "a USB device needs an address of type 'usb'"


class _UsbNumber(msgspec.Struct, frozen=True):
    """A number in any base of C; -1 stands for any. Written 0x1A, in so many digits."""

    high: int
    digits: int

    def parse(self, raw: str) -> int:
        try:
            value = int(raw.strip(), 0)
        except ValueError:
            raise ValueError(f"expected a number such as 0x1f, not '{raw[:60]}'") from None
        if not -1 <= value <= self.high:
            raise ValueError(f"{value} is not within -1..{self.high:#x}")
        return value

    def format(self, value: Any) -> str:
        return f"0x{value:0{self.digits}X}"


class _UsbVersion:
    """A version "2.00" or "1.1"; -1 stands for any. Written with two digits after the dot."""

    def parse(self, raw: str) -> str:
        if raw == "-1":
            return raw
        match = _VERSION.fullmatch(raw)
        if match is None:
            raise ValueError(f"expected a version such as 2.00, not '{raw[:60]}'")
        return f"{int(match[1])}.{match[2]:0<2}"

    format = parse


class UsbRule(Element, kw_only=True):
    """<usbdev>: devices, and whether the guest may have them. What is not given is any."""

    usb_class: Annotated[Attr[Annotated[int, _UsbNumber(0xFF, 2)]], Name("class")] = None
    vendor: Attr[Annotated[int, _UsbNumber(2**31 - 1, 4)]] = None
    product: Attr[Annotated[int, _UsbNumber(2**31 - 1, 4)]] = None
    version: Attr[Annotated[str, _UsbVersion()]] = None
    allow: Needed[YesNo]

    def defaults(self) -> None:
        """Any is not written."""
        for name in ("usb_class", "vendor", "product"):
            if getattr(self, name) == -1:
                setattr(self, name, None)
        if self.version == "-1":
            self.version = None


class RedirFilter(Element):
    """<redirfilter>: which USB devices may come; the first rule that fits decides."""

    MAY_BE_EMPTY = False

    rules: Annotated[Children[UsbRule], Name("usbdev")] = field(default_factory=list)
