"""<graphics type='spice'>: a screen with sound, clipboard and USB."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias, get_args

import msgspec
from msgspec import field

from ...engine.declare import SECRET, Attr, Child, Children, Element, Name, Needed
from ...engine.values import Int, OnOff, YesNo
from .graphics import (
    AUTOMATIC,
    Connected,
    Gl,
    Graphics,
    Moment,
    forget_access,
    inactive_listen,
)
from .listen import ON_NETWORK, Listen, listen_problems, settle_listens

ChannelName: TypeAlias = Literal[
    "main", "display", "inputs", "cursor", "playback", "record", "smartcard", "usbredir"
]
ChannelMode: TypeAlias = Literal["any", "secure", "insecure"]
When: TypeAlias = Literal["auto", "never", "always"]
_CHANNEL_ORDER: tuple[ChannelName, ...] = get_args(ChannelName)


class SpiceChannel(Element, kw_only=True):
    """<channel>: whether one kind of data needs TLS."""

    name: Needed[ChannelName]
    mode: Needed[ChannelMode]


class SpiceImage(Element, kw_only=True):
    """<image>: how pictures are compressed."""

    compression: Needed[Literal["auto_glz", "auto_lz", "quic", "glz", "lz", "off"]]


class SpiceCompression(Element, kw_only=True):
    """<jpeg> and <zlib>: when pictures are compressed for slow links."""

    compression: Needed[When]


class SpicePlayback(Element, kw_only=True):
    """<playback>: whether sound is compressed."""

    compression: Needed[OnOff]


class SpiceStreaming(Element, kw_only=True):
    """<streaming>: which parts of the screen are sent as video."""

    mode: Needed[Literal["filter", "all", "off"]]


class SpiceMouse(Element, kw_only=True):
    """<mouse>: whose pointer it is."""

    mode: Needed[Literal["server", "client"]]


class SpiceClipboard(Element, kw_only=True):
    """<clipboard>: whether it is shared."""

    copypaste: Needed[YesNo]


class SpiceFileTransfer(Element, kw_only=True):
    """<filetransfer>: whether files may be dropped on the screen."""

    enable: Needed[YesNo]


class SpiceGraphics(Graphics, kw_only=True):
    """SPICE. Ports are given at start when `autoport` is set, and are then not said."""

    type: Needed[Literal["spice"]] = "spice"
    port: Attr[Int] = None
    tls_port: Annotated[Attr[Int], Name("tlsPort")] = None
    autoport: Attr[YesNo] = None
    listen_address: Annotated[Attr[str], Name("listen")] = None
    keymap: Attr[str] = None
    default_mode: Annotated[Attr[ChannelMode], Name("defaultMode")] = None
    username: Attr[str] = None
    passwd: Annotated[Attr[str], SECRET] = None
    passwd_valid_to: Annotated[Attr[Moment], Name("passwdValidTo")] = None
    connected: Attr[Connected] = None
    listen: Children[Listen] = field(default_factory=list)
    channels: Annotated[Children[SpiceChannel], Name("channel")] = field(default_factory=list)
    image: Child[SpiceImage] = None
    jpeg: Child[SpiceCompression] = None
    zlib: Child[SpiceCompression] = None
    playback: Child[SpicePlayback] = None
    streaming: Child[SpiceStreaming] = None
    mouse: Child[SpiceMouse] = None
    clipboard: Child[SpiceClipboard] = None
    filetransfer: Child[SpiceFileTransfer] = None
    gl: Child[Gl] = None

    def defaults(self) -> None:
        """One first <listen>; without ports nothing listens; of a channel the last word counts."""
        first = settle_listens(self.listen, self.listen_address)
        self.autoport = bool(self.autoport) or self.port == self.tls_port == AUTOMATIC
        self.port = None if self.autoport else self.port or None
        self.tls_port = None if self.autoport else self.tls_port or None
        if first.type == "address" and not (self.autoport or self.port or self.tls_port):
            first.type, first.address, self.listen_address = "none", None, None
        if first.type in ON_NETWORK:
            self.listen_address = self.listen_address or first.address
        else:
            self.port = self.tls_port = self.autoport = self.listen_address = None
        self.default_mode = None if self.default_mode == "any" else self.default_mode
        if self.channels:
            last = {c.name: c for c in self.channels}
            ordered = (last[name] for name in _CHANNEL_ORDER if name in last)
            self.channels = [c for c in ordered if c.mode != "any"]
        forget_access(self)

    def inactive(self) -> Self | None:
        """Ports given at start are not said."""
        changes = inactive_listen(self.listen)
        if self.autoport and (self.port or self.tls_port):
            changes |= {"port": None, "tls_port": None}
        return msgspec.structs.replace(self, **changes) if changes else self

    def problems(self) -> Iterator[str]:
        """One address, however it is written."""
        yield from listen_problems(self.listen, self.listen_address)
