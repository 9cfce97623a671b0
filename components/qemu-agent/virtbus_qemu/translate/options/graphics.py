"""Screens: -vnc, -spice, -display; and what is told over the monitor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.graphics import (
    AUTOMATIC,
    DbusGraphics,
    EglHeadlessGraphics,
    RdpGraphics,
    SdlGraphics,
    VncGraphics,
    seconds_of,
)
from virtbus.model.domain.devices.spice import SpiceGraphics

from ..runtime import RuntimePaths, ScreenSettings
from ..screens import password_of
from ..words import QmpCommand, escaped, invalid, json_option, keyed, on_off, unsupported, word
from .audio import audio_name
from .spice import spice_options

VNC_BASE_PORT = 5900
VNC_LAST_PORT = 65535
_VNC_CREDENTIALS = "vnc-tls-creds0"


def graphics_options(domain: Domain, runtime: RuntimePaths) -> Iterator[str]:
    """Screens, settled by `settle_screens`; none has a window unless it asks for one."""
    for graphics in domain.devices.graphics:
        match graphics:
            case VncGraphics():
                yield from _vnc(graphics, domain, runtime)
            case SpiceGraphics():
                yield from spice_options(graphics, runtime.screens)
            case EglHeadlessGraphics():
                node = graphics.gl.rendernode if graphics.gl else None
                yield from ("-display", keyed("egl-headless", rendernode=node))
            case DbusGraphics():
                yield from ("-display", _dbus(graphics, domain))
            case RdpGraphics():
                continue  # served by a program that looks on by D-Bus
            case SdlGraphics():
                if graphics.fullscreen:
                    yield "-full-screen"
                gl = graphics.gl.enable if graphics.gl else None
                yield from ("-display", keyed("sdl", gl=gl))
            case _:
                raise unsupported("graphics", f"type '{graphics.type}'", graphics.line)


def graphics_environment(domain: Domain) -> dict[str, str]:
    """What a window on the host's X server is told by environment variables."""
    found: dict[str, str] = {}
    for graphics in domain.devices.graphics:
        if isinstance(graphics, SdlGraphics):
            if graphics.xauth:
                found["XAUTHORITY"] = graphics.xauth
            if graphics.display:
                found["DISPLAY"] = graphics.display
    return found


def _vnc(graphics: VncGraphics, domain: Domain, runtime: RuntimePaths) -> Iterator[str]:
    settings = runtime.screens
    if settings.vnc_tls:
        yield from ("-object", json_option(_credentials(runtime)))
    automatic = graphics.autoport and graphics.port == AUTOMATIC
    on_network = graphics.listen[0].type in ("address", "network")
    power = graphics.power_control
    yield from (
        "-vnc",
        keyed(
            _display(graphics),
            to=VNC_LAST_PORT - VNC_BASE_PORT if automatic else None,
            websocket=graphics.websocket if on_network else None,
            share=graphics.share_policy,
            password=True if password_of(graphics, settings) is not None else None,
            tls_creds=_VNC_CREDENTIALS if settings.vnc_tls else None,
            sasl=True if settings.vnc_sasl else None,
            power_control=power,
            audiodev=audio_name(domain, graphics.audio),
        ),
    )
    if graphics.keymap:
        yield from ("-k", word(graphics.keymap, "graphics"))


def _credentials(runtime: RuntimePaths) -> dict[str, Any]:
    return {
        "qom-type": "tls-creds-x509",
        "id": _VNC_CREDENTIALS,
        "dir": runtime.screens.vnc_tls_directory,
        "endpoint": "server",
        "verify-peer": runtime.screens.vnc_tls_verify,
    }


def _display(graphics: VncGraphics) -> str:
    """Where QEMU listens. A port that is not known yet is the first free one, see `to`."""
    first = graphics.listen[0]
    if first.type == "socket":
        if not (first.socket or "").startswith("/"):
            raise invalid("graphics/listen", "expected an absolute path", first.line)
        return f"vnc=unix:{escaped(first.socket or '')}"
    if first.type == "none":
        return "none"
    port = graphics.port or 0
    port = VNC_BASE_PORT if port == AUTOMATIC else port
    if not VNC_BASE_PORT <= port <= VNC_LAST_PORT:
        raise invalid("graphics", f"VNC ports begin at {VNC_BASE_PORT}", graphics.line)
    return f"{_host(first.address or '', graphics)}:{port - VNC_BASE_PORT}"


def _host(address: str, graphics: VncGraphics) -> str:
    """An address as QEMU takes it; IPv6 in brackets."""
    bare = address.strip("[]")
    if not all(c.isascii() and (c.isalnum() or c in ".:-%") for c in bare):
        raise invalid("graphics/listen", "expected an address or host name", graphics.line)
    return f"[{bare}]" if ":" in bare else bare


def _dbus(graphics: DbusGraphics, domain: Domain) -> str:
    if not graphics.p2p and not graphics.address:
        raise unsupported("graphics", "type 'dbus' without p2p or an address", graphics.line)
    gl = graphics.gl
    text = "dbus,p2p=on" if graphics.p2p else f"dbus,addr={escaped(graphics.address or '')}"
    if gl is not None and gl.enable is not None:
        text += f",gl={on_off(gl.enable)}"
    if gl is not None and gl.rendernode:
        text += f",rendernode={escaped(gl.rendernode)}"
    if graphics.audio is not None:
        text += f",audiodev={audio_name(domain, graphics.audio)}"
    return text


def password_commands(domain: Domain, settings: ScreenSettings) -> Iterator[QmpCommand]:
    """Passwords go over the monitor: a command line can be read by everybody."""
    for graphics in domain.devices.graphics:
        if not isinstance(graphics, VncGraphics | SpiceGraphics):
            continue
        password = password_of(graphics, settings)
        if password is not None:
            arguments = {"protocol": graphics.type, "password": password}
            if graphics.connected:
                arguments["connected"] = graphics.connected
            yield QmpCommand("set_password", arguments)
            if graphics.passwd_valid_to:
                until_s = str(seconds_of(graphics.passwd_valid_to))
                arguments = {"protocol": graphics.type, "time": until_s}
                yield QmpCommand("expire_password", arguments)


def set_vnc_port(domain: Domain, query_vnc: dict[str, Any]) -> None:
    """Write the port QEMU listens on into the live document."""
    service = str(query_vnc.get("service", ""))
    for graphics in domain.devices.graphics:
        if isinstance(graphics, VncGraphics) and graphics.autoport and service.isdecimal():
            graphics.port = int(service)
