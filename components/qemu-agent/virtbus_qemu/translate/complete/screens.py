"""Graphics, video cards and input devices."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.graphics import Graphics, Listen
from virtbus.model.domain.devices.video import VideoModel

from ..machine import Board


def screens(domain: Domain, board: Board) -> None:
    """Where graphics listen, the cards' models and memory, and the buses of inputs."""
    devices = domain.devices
    for graphics in devices.graphics:
        _listen(graphics)
    for video in devices.videos:
        if video.model is None or video.model.type == "default":
            video.model = VideoModel(type="vga")
        _video_memory(video.model)
    for device in devices.inputs:
        device.bus = device.bus or ("ps2" if device.type != "tablet" else "usb")


def _video_memory(model: VideoModel) -> None:
    if model.type in ("vga", "cirrus"):
        model.vram_kib = model.vram_kib or 16384
    elif model.type == "qxl":
        model.ram_kib = model.ram_kib or 65536
        model.vram_kib = model.vram_kib or 65536
        model.vgamem_kib = model.vgamem_kib or 16384
        model.heads = model.heads or 1


def _listen(graphics: Graphics) -> None:
    """The first <listen> and the older attributes say the same."""
    if graphics.type != "vnc":
        return
    if not graphics.listen:
        if graphics.socket:
            graphics.listen.append(Listen(type="socket", socket=graphics.socket))
        else:
            address = graphics.listen_address or "127.0.0.1"
            graphics.listen.append(Listen(type="address", address=address))
    first = graphics.listen[0]
    if first.type == "address":
        first.address = first.address or graphics.listen_address or "127.0.0.1"
        graphics.listen_address = first.address
        if graphics.port is None or graphics.port == -1:
            graphics.autoport = True
        if graphics.autoport:
            graphics.port = -1
