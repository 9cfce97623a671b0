"""<graphics>: the guest's screen, shown to people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

import msgspec
from msgspec import field

from ...engine.declare import LIVE, SECRET, Attr, Child, Children, Element, Name, Needed
from ...engine.values import Integer, YesNo
from .common import Alias

GraphicsType: TypeAlias = Literal["sdl", "vnc", "rdp", "desktop", "spice", "egl-headless", "dbus"]
GraphicsPort: TypeAlias = Annotated[int, Integer(-1, 65535)]


class Listen(Element, kw_only=True):
    """<listen>: where viewers connect."""

    type: Needed[Literal["address", "network", "socket", "none"]]
    address: Attr[str] = None
    network: Attr[str] = None
    socket: Attr[str] = None
    from_config: Annotated[Attr[str], Name("fromConfig"), LIVE] = None


class Graphics(Element, kw_only=True):
    """<graphics>. A `port` of -1 is given at start when `autoport` is set."""

    type: Needed[GraphicsType]
    port: Attr[GraphicsPort] = None
    tls_port: Annotated[Attr[GraphicsPort], Name("tlsPort")] = None
    autoport: Attr[YesNo] = None
    websocket: Attr[GraphicsPort] = None
    socket: Attr[str] = None
    listen_address: Annotated[Attr[str], Name("listen")] = None
    keymap: Attr[str] = None
    share_policy: Annotated[
        Attr[Literal["allow-exclusive", "force-shared", "ignore"]], Name("sharePolicy")
    ] = None
    passwd: Annotated[Attr[str], SECRET] = None
    passwd_valid_to: Annotated[Attr[str], Name("passwdValidTo"), SECRET] = None
    connected: Annotated[Attr[Literal["keep", "disconnect", "fail"]], SECRET] = None
    listen: Children[Listen] = field(default_factory=list)
    alias: Child[Alias] = None

    def inactive(self) -> Self | None:
        """A port given at start becomes -1 again."""
        if self.autoport and self.port not in (None, -1):
            return msgspec.structs.replace(self, port=-1)
        return self

    def problems(self) -> Iterator[str]:
        """One address, however it is written."""
        addresses = [x.address for x in self.listen if x.type == "address" and x.address]
        if self.listen_address and addresses and self.listen_address != addresses[0]:
            yield "attribute 'listen' and the first <listen> name different addresses"
