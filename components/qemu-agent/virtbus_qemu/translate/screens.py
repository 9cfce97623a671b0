"""What a screen's document leaves open until the guest starts: addresses, ports, sockets."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.graphics import (
    AUTOMATIC,
    DbusGraphics,
    EglHeadlessGraphics,
    Gl,
    Graphics,
    VncGraphics,
)
from virtbus.model.domain.devices.listen import ON_NETWORK, Listen
from virtbus.model.domain.devices.spice import SpiceGraphics

from .runtime import RuntimePaths, ScreenSettings
from .words import invalid, unsupported


def ports_needed(domain: Domain, settings: ScreenSettings) -> list[str]:
    """Names of the TCP ports that screens must be given, for `RuntimePaths.ports`.

    VNC's own port is not among them: without one QEMU takes the first that is free.
    """
    return [
        name
        for number, graphics in enumerate(domain.devices.graphics)
        for name in _ports(number, graphics, settings)
    ]


def _ports(number: int, graphics: Graphics, settings: ScreenSettings) -> Iterator[str]:
    if isinstance(graphics, VncGraphics) and graphics.websocket == AUTOMATIC:
        yield f"websocket{number}"
    if isinstance(graphics, SpiceGraphics) and graphics.listen[0].type in ON_NETWORK:
        plain, tls = _spice_ports(graphics, settings)
        if plain:
            yield f"spice{number}"
        if tls:
            yield f"spice-tls{number}"


def _spice_ports(graphics: SpiceGraphics, settings: ScreenSettings) -> tuple[bool, bool]:
    """Whether a port without TLS, and one with it, is to be given."""
    plain, tls = graphics.port == AUTOMATIC, graphics.tls_port == AUTOMATIC
    if graphics.autoport:
        mode = graphics.default_mode or "any"
        modes = {channel.mode for channel in graphics.channels} | {mode}
        plain = plain or "insecure" in modes or mode == "any"
        tls = tls or "secure" in modes or (mode == "any" and settings.spice_tls)
    if tls and not settings.spice_tls:
        raise unsupported("graphics", "a TLS port without TLS for SPICE", graphics.line)
    return plain, tls


def settle_screens(live: Domain, runtime: RuntimePaths) -> None:
    """Write into a live document where its screens listen and what draws them."""
    settings = runtime.screens
    for number, graphics in enumerate(live.devices.graphics):
        match graphics:
            case VncGraphics():
                socket = settings.vnc_auto_socket
                _settle_listens(graphics, runtime, settings.vnc_listen, auto_socket=socket)
                if graphics.autoport:
                    graphics.port = runtime.ports.get(f"vnc{number}", AUTOMATIC)
                if graphics.websocket == AUTOMATIC:
                    graphics.websocket = _port(runtime, f"websocket{number}", graphics)
                    graphics.websocket_generated = True
            case SpiceGraphics():
                socket = settings.spice_auto_socket
                _settle_listens(graphics, runtime, settings.spice_listen, auto_socket=socket)
                _settle_spice(graphics, number, runtime)
            case EglHeadlessGraphics():
                graphics.gl = graphics.gl or Gl()
                graphics.gl.rendernode = graphics.gl.rendernode or runtime.render_node or None
            case DbusGraphics():
                if not graphics.p2p:
                    graphics.address = graphics.address or runtime.dbus_address or None
                if graphics.gl is not None and graphics.gl.enable:
                    graphics.gl.rendernode = graphics.gl.rendernode or runtime.render_node or None


def password_of(graphics: VncGraphics | SpiceGraphics, settings: ScreenSettings) -> str | None:
    """A screen's own password, or that of all screens of this host; None: it has none."""
    own = settings.vnc_password if isinstance(graphics, VncGraphics) else settings.spice_password
    return graphics.passwd if graphics.passwd is not None else own or None


def _settle_spice(graphics: SpiceGraphics, number: int, runtime: RuntimePaths) -> None:
    if graphics.listen[0].type in ON_NETWORK:
        plain, tls = _spice_ports(graphics, runtime.screens)
        if plain:
            graphics.port = _port(runtime, f"spice{number}", graphics)
        if tls:
            graphics.tls_port = _port(runtime, f"spice-tls{number}", graphics)
        if graphics.tls_port and not runtime.screens.spice_tls:
            raise unsupported("graphics", "a TLS port without TLS for SPICE", graphics.line)
    if graphics.gl is not None and graphics.gl.enable:
        graphics.gl.rendernode = graphics.gl.rendernode or runtime.render_node or None


def _port(runtime: RuntimePaths, name: str, graphics: Graphics) -> int:
    port = runtime.ports.get(name)
    if port is None:
        raise invalid("graphics", f"no port was given for {name}", graphics.line)
    return port


def _settle_listens(
    graphics: VncGraphics | SpiceGraphics,
    runtime: RuntimePaths,
    address: str,
    *,
    auto_socket: bool,
) -> None:
    path = f"{runtime.directory}/{graphics.type}.sock"
    for listen in graphics.listen:
        if listen.type == "network":
            raise unsupported("graphics/listen", "type 'network'", listen.line)
        if listen.type == "socket" and listen.socket is None:
            listen.socket, listen.generated = path, True
        elif listen.type == "address" and listen.address is None:
            if auto_socket:
                listen.type, listen.socket = "socket", path
            else:
                listen.address = address
            listen.from_config = True
    _settle_older_attributes(graphics, graphics.listen[0])


def _settle_older_attributes(graphics: VncGraphics | SpiceGraphics, first: Listen) -> None:
    graphics.listen_address = first.address
    if isinstance(graphics, VncGraphics) and first.type == "socket":
        graphics.socket = first.socket
        graphics.autoport = graphics.port = None
