"""<graphics>: the guest's screen, shown to people; one class for each type."""

import calendar
import time
from collections.abc import Iterator
from typing import Annotated, Literal, Protocol, Self, TypeAlias

import msgspec
from msgspec import field

from ...engine.declare import LIVE, SECRET, Attr, Child, Children, Element, Name, Needed
from ...engine.values import Int, YesNo
from .common import AudioId
from .listen import ON_NETWORK, Listen, listen_problems, settle_listens

GraphicsType: TypeAlias = Literal["sdl", "vnc", "rdp", "desktop", "spice", "egl-headless", "dbus"]
SharePolicy: TypeAlias = Literal["allow-exclusive", "force-shared", "ignore"]
Connected: TypeAlias = Literal["keep", "disconnect", "fail"]
AUTOMATIC = -1
"""The port of a screen that is given one at start."""


class UtcTime:
    """A moment, UTC, as 2027-01-31T12:00:00; kept and written with all digits."""

    def parse(self, raw: str) -> str:
        """The canonical form."""
        try:
            return time.strftime(_MOMENT, time.strptime(raw, _MOMENT))
        except ValueError:
            raise ValueError(f"expected YYYY-MM-DDTHH:MM:SS, not '{raw[:60]}'") from None

    format = parse


_MOMENT = "%Y-%m-%dT%H:%M:%S"
Moment: TypeAlias = Annotated[str, UtcTime()]


def seconds_of(moment: str) -> int:
    """Unix time of what `Moment` accepts."""
    return calendar.timegm(time.strptime(moment, _MOMENT))


class Gl(Element):
    """<gl>: whether, and on which of the host's devices, OpenGL draws."""

    MAY_BE_EMPTY = False

    enable: Attr[YesNo] = None
    rendernode: Attr[str] = None


class Graphics(Element, kw_only=True):
    """<graphics>; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[GraphicsType]


class _Guarded(Protocol):
    username: str | None
    passwd: str | None
    passwd_valid_to: str | None
    connected: Connected | None


def forget_access(graphics: _Guarded) -> None:
    """What is said of a password means nothing without it."""
    if graphics.passwd is None:
        graphics.username = graphics.passwd_valid_to = graphics.connected = None


def inactive_listen(listens: list[Listen]) -> dict[str, object]:
    """What changes in a definition: the address of a network is found at start."""
    return {"listen_address": None} if listens and listens[0].type == "network" else {}


class VncGraphics(Graphics, kw_only=True):
    """VNC. A port of -1 is given at start."""

    type: Needed[Literal["vnc"]] = "vnc"
    socket: Attr[str] = None
    port: Attr[Int] = None
    autoport: Attr[YesNo] = None
    websocket: Attr[Int] = None
    websocket_generated: Annotated[Attr[YesNo], Name("websocketGenerated"), LIVE] = None
    listen_address: Annotated[Attr[str], Name("listen")] = None
    keymap: Attr[str] = None
    share_policy: Annotated[Attr[SharePolicy], Name("sharePolicy")] = None
    power_control: Annotated[Attr[YesNo], Name("powerControl")] = None
    username: Attr[str] = None
    passwd: Annotated[Attr[str], SECRET] = None
    passwd_valid_to: Annotated[Attr[Moment], Name("passwdValidTo")] = None
    connected: Attr[Connected] = None
    listen: Children[Listen] = field(default_factory=list)
    audio: Child[AudioId] = None

    def defaults(self) -> None:
        """One first <listen>; without a port one is given; a socket has none."""
        first = settle_listens(self.listen, self.listen_address, self.socket)
        if self.autoport is None:
            self.autoport = self.port in (None, AUTOMATIC)
        fixed = self.port if self.port and self.port != AUTOMATIC else None
        self.port = AUTOMATIC if self.autoport else fixed
        if first.type != "socket":
            self.socket = None
        elif self.socket is None:
            self.socket = first.socket
        if first.type not in ON_NETWORK:
            self.port = self.autoport = self.websocket = self.listen_address = None
        else:
            self.listen_address = self.listen_address or first.address
            self.websocket = self.websocket or None
        forget_access(self)

    def inactive(self) -> Self | None:
        """Ports given at start become -1 again."""
        changes = inactive_listen(self.listen)
        if self.autoport and self.port != AUTOMATIC:
            changes["port"] = AUTOMATIC
        if self.websocket_generated:
            changes["websocket"] = AUTOMATIC
        return msgspec.structs.replace(self, **changes) if changes else self

    def problems(self) -> Iterator[str]:
        """One address, however it is written; viewers are only ever kept."""
        yield from listen_problems(self.listen, self.listen_address, self.socket)
        if self.connected not in (None, "keep"):
            yield "VNC supports connected='keep' only"


class RdpGraphics(Graphics, kw_only=True):
    """RDP. A port of 0 is given at start."""

    type: Needed[Literal["rdp"]] = "rdp"
    port: Attr[Int] = None
    autoport: Attr[YesNo] = None
    replace_user: Annotated[Attr[YesNo], Name("replaceUser")] = None
    multi_user: Annotated[Attr[YesNo], Name("multiUser")] = None
    listen_address: Annotated[Attr[str], Name("listen")] = None
    username: Attr[str] = None
    passwd: Annotated[Attr[str], SECRET] = None
    passwd_valid_to: Annotated[Attr[Moment], Name("passwdValidTo")] = None
    connected: Attr[Connected] = None
    listen: Children[Listen] = field(default_factory=list)

    def defaults(self) -> None:
        """One first <listen>; without a port one is given; only what is so is said."""
        first = settle_listens(self.listen, self.listen_address)
        self.autoport = self.autoport or self.port in (None, AUTOMATIC) or None
        self.port = 0 if self.autoport else self.port or None
        self.replace_user = self.replace_user or None
        self.multi_user = self.multi_user or None
        self.listen_address = self.listen_address or first.address
        forget_access(self)

    def inactive(self) -> Self | None:
        """A port given at start becomes 0 again."""
        changes = inactive_listen(self.listen)
        if self.autoport and self.port:
            changes["port"] = 0
        return msgspec.structs.replace(self, **changes) if changes else self

    def problems(self) -> Iterator[str]:
        """One address, however it is written; RDP is on a network."""
        yield from listen_problems(self.listen, self.listen_address)
        for listen in self.listen:
            if listen.type not in ON_NETWORK:
                yield f"RDP does not listen on type '{listen.type}'"


class SdlGraphics(Graphics, kw_only=True):
    """A window on the host's X server."""

    type: Needed[Literal["sdl"]] = "sdl"
    display: Attr[str] = None
    xauth: Attr[str] = None
    fullscreen: Attr[YesNo] = None
    gl: Child[Gl] = None

    def defaults(self) -> None:
        """Fullscreen is said when it is so."""
        self.fullscreen = self.fullscreen or None
        if self.gl is not None:
            self.gl.rendernode = None


class DesktopGraphics(Graphics, kw_only=True):
    """A window on the host's desktop."""

    type: Needed[Literal["desktop"]] = "desktop"
    display: Attr[str] = None
    fullscreen: Attr[YesNo] = None

    def defaults(self) -> None:
        """Fullscreen is said when it is so."""
        self.fullscreen = self.fullscreen or None


class EglHeadlessGraphics(Graphics, kw_only=True):
    """OpenGL for the other screens, without one of its own."""

    type: Needed[Literal["egl-headless"]] = "egl-headless"
    gl: Child[Gl] = None

    def defaults(self) -> None:
        """OpenGL is what it is for; only where is a question."""
        if self.gl is not None:
            self.gl.enable = None


class DbusGraphics(Graphics, kw_only=True):
    """A screen on D-Bus: on the guest's own bus, another one, or between two peers."""

    type: Needed[Literal["dbus"]] = "dbus"
    p2p: Attr[YesNo] = None
    address: Attr[str] = None
    gl: Child[Gl] = None
    audio: Child[AudioId] = None

    def defaults(self) -> None:
        """Peers are said when it is so."""
        self.p2p = self.p2p or None

    def problems(self) -> Iterator[str]:
        """Peers have no bus between them."""
        if self.p2p and self.address:
            yield "p2p goes without an address"
