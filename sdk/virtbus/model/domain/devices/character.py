"""<serial>, <parallel>, <console>, <channel>: lines between guest and host."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

import msgspec

from ...engine.declare import LIVE, Attr, Child, Element, Needed
from ...engine.values import Port, UInt
from ...net.addresses import IpAddress, family_of
from .address import Address, UsbAddress
from .character_source import CharacterBackend, CharacterType
from .common import Acpi, Alias

SerialTargetType: TypeAlias = Literal[
    "isa-serial", "usb-serial", "pci-serial", "spapr-vio-serial", "system-serial", "sclp-serial",
    "isa-debug",
]  # fmt: skip
SerialModel: TypeAlias = Literal[
    "isa-serial", "usb-serial", "pci-serial", "spapr-vty", "pl011", "16550a", "sclpconsole",
    "sclplmconsole", "isa-debugcon",
]  # fmt: skip
ConsoleTargetType: TypeAlias = Literal[
    "serial", "xen", "uml", "virtio", "lxc", "openvz", "sclp", "sclplm"
]
ChannelTargetType: TypeAlias = Literal["guestfwd", "virtio", "xen"]


class LineTarget(Element):
    """<target>: the guest's end of the line."""


class SerialTargetModel(Element, kw_only=True):
    """<model>: the device the guest sees."""

    name: Needed[SerialModel]


class SerialTarget(LineTarget):
    """<target> of a serial port."""

    type: Attr[SerialTargetType] = None
    port: Attr[UInt] = None
    model: Child[SerialTargetModel] = None


class ParallelTarget(LineTarget):
    """<target> of a parallel port."""

    port: Attr[UInt] = None


class ConsoleTarget(LineTarget):
    """<target> of a console."""

    type: Attr[ConsoleTargetType] = None
    port: Attr[UInt] = None


class ChannelTarget(LineTarget, kw_only=True):
    """<target> of a channel: a named port, or an address within the guest's user network."""

    type: Needed[ChannelTargetType]
    address: Attr[IpAddress] = None
    port: Attr[Port] = None
    name: Attr[str] = None
    state: Annotated[Attr[Literal["connected", "disconnected"]], LIVE] = None

    def defaults(self) -> None:
        """What belongs to other types of channels goes."""
        if self.type == "guestfwd":
            self.name = self.state = None
        else:
            self.address = self.port = None

    def problems(self) -> Iterator[str]:
        """Forwarding needs an address."""
        if self.type == "guestfwd":
            if self.address is None or self.port is None:
                yield "type 'guestfwd' needs 'address' and 'port'"
            elif family_of(self.address) != "ipv4":
                yield "type 'guestfwd' needs an IPv4 address"


class CharacterDevice(CharacterBackend):
    """A line the guest sees as a device of its own."""

    type: Needed[CharacterType] = "pty"
    target: Child[LineTarget] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """What its type has always, and nothing it has no use for."""
        self.settle(self.type)

    def inactive(self) -> Self | None:
        """A pty's path is given at start."""
        if self.type == "pty" and self.sources:
            return msgspec.structs.replace(self, sources=[])
        return self

    def problems(self) -> Iterator[str]:
        """The source says what the type needs."""
        yield from self.line_problems(self.type)


class Serial(CharacterDevice):
    """<serial>: a UART."""

    target: Child[SerialTarget] = None

    def problems(self) -> Iterator[str]:
        """A USB port sits on a USB bus."""
        yield from super().problems()
        yield from _no_vdagent(self.type)
        on_usb = self.target is not None and self.target.type == "usb-serial"
        if on_usb and self.address is not None and not isinstance(self.address, UsbAddress):
            yield "type 'usb-serial' needs an address of type 'usb'"


class Parallel(CharacterDevice):
    """<parallel>: a printer port."""

    target: Child[ParallelTarget] = None

    def problems(self) -> Iterator[str]:
        """No channel's type."""
        yield from super().problems()
        yield from _no_vdagent(self.type)


class Console(CharacterDevice):
    """<console>: the line a person talks to the guest on."""

    tty: Annotated[Attr[str], LIVE] = None
    target: Child[ConsoleTarget] = None


class Channel(CharacterDevice):
    """<channel>: a line between a program in the guest and one on the host."""

    target: Child[ChannelTarget] = None

    def problems(self) -> Iterator[str]:
        """A channel needs a target, too."""
        if self.target is None:
            yield "a channel needs a target with 'type'"
            return
        yield from self.line_problems(self.type, path_is_made=self.target.type != "guestfwd")
        if self.target.type != "virtio":
            yield from _no_vdagent(self.type)


def _no_vdagent(kind: CharacterType) -> Iterator[str]:
    if kind == "spicevmc":
        yield "type 'spicevmc' is for channels of type 'virtio'"
