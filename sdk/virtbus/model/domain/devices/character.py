"""<serial>, <parallel>, <console>, <channel>: lines that carry bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

import msgspec
from msgspec import field

from ...engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed
from ...engine.values import OnOff, UInt, YesNo
from .address import Address
from .common import Alias

CharacterType: TypeAlias = Literal[
    "null", "vc", "pty", "dev", "file", "pipe", "stdio", "udp", "tcp", "unix", "spicevmc",
    "spiceport", "nmdm", "qemu-vdagent", "dbus",
]  # fmt: skip
TargetType: TypeAlias = Literal[
    "isa-serial", "usb-serial", "pci-serial", "spapr-vio-serial", "system-serial",
    "sclp-serial", "isa-debug",
    "serial", "xen", "uml", "virtio", "lxc", "openvz", "sclp", "sclplm", "guestfwd",
]  # fmt: skip


class CharacterSource(Element):
    """<source>: the host's end of the line."""

    path: Attr[str] = None
    append: Attr[OnOff] = None
    mode: Attr[Literal["bind", "connect"]] = None
    host: Attr[str] = None
    service: Attr[str] = None
    tls: Attr[YesNo] = None
    channel: Attr[str] = None


class Protocol(Element, kw_only=True):
    """<protocol>: how bytes are framed on TCP."""

    type: Needed[Literal["raw", "telnet", "telnets", "tls"]]


class Log(Element, kw_only=True):
    """<log>: a file that gets a copy of the guest's output."""

    file: Needed[str]
    append: Attr[OnOff] = None


class TargetModel(Element, kw_only=True):
    """<model>: the device the guest sees."""

    name: Needed[str]


class CharacterTarget(Element):
    """<target>: the guest's end of the line."""

    type: Attr[TargetType] = None
    name: Attr[str] = None
    state: Annotated[Attr[Literal["connected", "disconnected"]], LIVE] = None
    port: Attr[UInt] = None
    model: Child[TargetModel] = None


class CharacterDevice(Element, kw_only=True):
    """A line between guest and host."""

    type: Needed[CharacterType]
    tty: Annotated[Attr[str], LIVE] = None
    sources: Annotated[Children[CharacterSource], Name("source")] = field(default_factory=list)
    protocol: Child[Protocol] = None
    log: Child[Log] = None
    target: Child[CharacterTarget] = None
    alias: Child[Alias] = None
    address: Child[Address] = None

    @property
    def source(self) -> CharacterSource | None:
        """The one source; UDP alone has a second, for the other direction."""
        return self.sources[0] if self.sources else None

    def inactive(self) -> Self | None:
        """A pty's path is given at start."""
        if self.type == "pty" and self.sources:
            return msgspec.structs.replace(self, sources=[])
        return self

    def problems(self) -> Iterator[str]:
        """The source says what the type needs."""
        source = self.source
        if self.type in ("file", "dev", "pipe") and not (source and source.path):
            yield f"type '{self.type}' needs a source with 'path'"
        if self.type == "tcp" and not (source and source.service):
            yield "type 'tcp' needs a source with 'service'"
        if self.type != "udp" and len(self.sources) > 1:
            yield f"type '{self.type}' has one source"


class Serial(CharacterDevice, kw_only=True):
    """<serial>: a UART."""


class Console(CharacterDevice, kw_only=True):
    """<console>: the line a person talks to the guest on."""


class Channel(CharacterDevice, kw_only=True):
    """<channel>: a line between a program in the guest and one on the host."""

    def problems(self) -> Iterator[str]:
        """A channel needs a target, too."""
        yield from super().problems()
        if self.target is None or self.target.type is None:
            yield "a channel needs a target with 'type'"
