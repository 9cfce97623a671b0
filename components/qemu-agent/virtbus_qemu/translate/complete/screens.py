"""Graphics, video cards and input devices."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.video import VideoModel

from ..machine import Board


def screens(domain: Domain, board: Board) -> None:
    """The cards' models and memory, and the buses of inputs."""
    devices = domain.devices
    for video in devices.videos:
        if video.model.type == "default":
            video.model.type = "vga"
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
