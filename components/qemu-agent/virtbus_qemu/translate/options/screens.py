"""VNC, graphics cards and input devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus.model.domain.devices.input import Input
from virtbus.model.domain.devices.video import Video, VideoModel

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of, usb_place
from ..refuse import refuse_set
from ..words import QmpCommand, invalid, json_option, keyed, unsupported, word

VNC_BASE_PORT = 5900
VNC_LAST_PORT = 65535
_SHARE = {"allow-exclusive": "allow-exclusive", "force-shared": "force-shared", "ignore": "ignore"}
_CARDS = {
    "vga": "VGA",
    "cirrus": "cirrus-vga",
    "bochs": "bochs-display",
    "virtio": "virtio-vga",
    "qxl": "qxl-vga",
    "ramfb": "ramfb",
}
_SECOND_CARDS = {"virtio": "virtio-gpu-pci", "qxl": "qxl", "bochs": "bochs-display"}
_USB_INPUT = {"tablet": "usb-tablet", "mouse": "usb-mouse", "keyboard": "usb-kbd"}
_VIRTIO_INPUT = {
    "tablet": "virtio-tablet-pci",
    "mouse": "virtio-mouse-pci",
    "keyboard": "virtio-keyboard-pci",
}


def graphics_options(domain: Domain) -> Iterator[str]:
    """-vnc. The port of an automatic one is read back by query-vnc, see `set_vnc_port`."""
    if len(domain.devices.graphics) > 1:
        raise unsupported("graphics", "a second one", domain.devices.graphics[1].line)
    for graphics in domain.devices.graphics:
        if not isinstance(graphics, VncGraphics):
            raise unsupported("graphics", f"type '{graphics.type}'", graphics.line)
        keymap = graphics.keymap
        yield from (
            "-vnc",
            keyed(
                _display(graphics),
                to=VNC_LAST_PORT - VNC_BASE_PORT if graphics.autoport else None,
                password=True if graphics.passwd is not None else None,
                share=_SHARE.get(graphics.share_policy or ""),
            ),
        )
        if keymap:
            yield from ("-k", word(keymap, "graphics"))


def _display(graphics: VncGraphics) -> str:
    if len(graphics.listen) != 1:
        raise unsupported("graphics", "more than one <listen>", graphics.line)
    (listen,) = graphics.listen
    if listen.type != "socket":
        refuse_set("graphics", graphics, "socket")
    if listen.type != "address":
        refuse_set("graphics/listen", listen, "address")
    match listen.type:
        case "socket" if listen.socket and listen.socket.startswith("/"):
            graphics.autoport = None
            return f"unix:{listen.socket.replace(',', ',,')}"
        case "none":
            graphics.autoport = None
            return "none"
        case "address":
            port = VNC_BASE_PORT if graphics.autoport else graphics.port or 0
            if not VNC_BASE_PORT <= port <= VNC_LAST_PORT:
                raise invalid("graphics", f"VNC ports begin at {VNC_BASE_PORT}", graphics.line)
            return f"{_host(listen.address or '127.0.0.1', graphics)}:{port - VNC_BASE_PORT}"
        case kind:
            raise unsupported("graphics/listen", f"type '{kind}' so given", listen.line)


def _host(address: str, graphics: VncGraphics) -> str:
    """An address as QEMU takes it; IPv6 in brackets."""
    bare = address.strip("[]")
    if not bare or not all(c.isascii() and (c.isalnum() or c in ".:-%") for c in bare):
        raise invalid("graphics/listen", "expected an address or host name", graphics.line)
    return f"[{bare}]" if ":" in bare else bare


def password_commands(domain: Domain) -> Iterator[QmpCommand]:
    """VNC passwords go over the monitor: a command line can be read by everybody."""
    for graphics in domain.devices.graphics:
        if isinstance(graphics, VncGraphics) and graphics.passwd is not None:
            if len(graphics.passwd.encode()) > 8:
                raise invalid("graphics", "a VNC password has at most 8 bytes", graphics.line)
            yield QmpCommand("set_password", {"protocol": "vnc", "password": graphics.passwd})


def set_vnc_port(domain: Domain, query_vnc: dict[str, Any]) -> None:
    """Write the port QEMU listens on into the live document."""
    service = str(query_vnc.get("service", ""))
    for graphics in domain.devices.graphics:
        if isinstance(graphics, VncGraphics) and graphics.autoport and service.isdecimal():
            graphics.port = int(service)


def video_options(videos: list[Video], board: Board) -> Iterator[str]:
    """Graphics cards; the first is the one firmware draws on."""
    for number, video in enumerate(videos):
        model = video.model
        if model.type == "none":
            continue
        cards = _SECOND_CARDS if number else _CARDS
        if model.type not in cards:
            raise unsupported("video/model", f"type '{model.type}'", model.line)
        if number and model.primary:
            raise invalid("video/model", "the first card is the primary one", model.line)
        yield from ("-device", json_option(_card(video, model, cards[model.type], board)))


def _card(video: Video, model: VideoModel, driver: str, board: Board) -> dict[str, Any]:
    if model.type != "qxl":
        refuse_set("video/model", model, "ram_kib", "vram64_kib", "vgamem_kib")
    if (model.heads or 1) > 1 and model.type not in ("virtio", "qxl"):
        raise unsupported("video/model", "more than one head", model.line)
    resolution = model.resolution
    if resolution is not None and model.type not in ("vga", "bochs", "virtio", "qxl"):
        raise unsupported("video/model", "'resolution'", model.line)
    properties: dict[str, Any] = {"driver": driver, "id": alias_of(video)}
    if model.type == "qxl":
        properties |= {
            "max_outputs": model.heads,
            "ram_size": _bytes(model.ram_kib),
            "vram_size": _bytes(model.vram_kib),
            "vram64_size_mb": (model.vram64_kib or 0) // 1024,
            "vgamem_mb": model.vgamem_kib // 1024 if model.vgamem_kib else None,
        }
    elif model.type == "virtio":
        properties["max_outputs"] = model.heads or 1
    elif model.vram_kib and model.type == "vga":
        properties["vgamem_mb"] = max(1, model.vram_kib // 1024)
    elif model.vram_kib and model.type == "bochs":
        properties["vgamem"] = _bytes(model.vram_kib)
    if resolution is not None:
        properties |= {"xres": resolution.x, "yres": resolution.y}
    return properties if model.type == "ramfb" else properties | place_of(video.address, board)


def _bytes(kib: int | None) -> int | None:
    return kib * 1024 if kib else None


def input_options(inputs: list[Input], board: Board) -> Iterator[str]:
    """Keyboards, mice and tablets besides the machine's own."""
    for device in inputs:
        alias = alias_of(device)
        match device.bus:
            case "ps2" if device.type in ("mouse", "keyboard"):
                continue
            case "usb" if device.type in _USB_INPUT:
                place = usb_place(device.address)
                properties = {"driver": _USB_INPUT[device.type], "id": alias, **place}
            case "virtio" if device.type in _VIRTIO_INPUT:
                place = place_of(device.address, board)
                properties = {"driver": _VIRTIO_INPUT[device.type], "id": alias, **place}
            case bus:
                raise unsupported("input", f"a {device.type} on bus '{bus}'", device.line)
        yield from ("-device", json_option(properties))
