"""Screens and cards that this emulator cannot have."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.graphics import EglHeadlessGraphics, VncGraphics
from virtbus.model.domain.devices.spice import SpiceGraphics
from virtbus.model.domain.devices.video import Video

from ..machine import Board
from ..words import invalid, unsupported

VNC_PASSWORD_BYTES = 8
_SEVERAL = ("qxl", "virtio")
_WITH_RESOLUTION = ("vga", "qxl", "virtio", "bochs")
_NOT_QEMUS = ("xen", "vbox", "parallels", "gop", "default")
_MIB_KIB = 1024


def check_screens(domain: Domain, board: Board) -> None:
    """Refuse screens that exclude each other, and cards QEMU does not have so."""
    devices = domain.devices
    headless = any(isinstance(g, EglHeadlessGraphics) for g in devices.graphics)
    for graphics in devices.graphics:
        if graphics.type == "desktop":
            raise unsupported("graphics", f"type '{graphics.type}'", graphics.line)
        if headless and graphics.type not in ("egl-headless", "vnc", "spice"):
            reason = f"egl-headless goes with vnc and spice, not with {graphics.type}"
            raise invalid("graphics", reason, graphics.line)
        if isinstance(graphics, VncGraphics):
            _check_password(graphics)
        if headless and isinstance(graphics, SpiceGraphics) and graphics.gl and graphics.gl.enable:
            raise invalid("graphics", "egl-headless and gl draw both", graphics.line)
    for video in devices.videos:
        _check_card(video)


def _check_password(graphics: VncGraphics) -> None:
    if len((graphics.passwd or "").encode()) > VNC_PASSWORD_BYTES:
        reason = f"a VNC password has at most {VNC_PASSWORD_BYTES} bytes"
        raise invalid("graphics", reason, graphics.line)


def _check_card(video: Video) -> None:
    model = video.model
    if model.type == "none":
        return
    if model.type in _NOT_QEMUS:
        raise unsupported("video/model", f"type '{model.type}'", model.line)
    if model.type not in _SEVERAL and not model.primary:
        raise invalid("video/model", f"type '{model.type}' is for the first card", model.line)
    if model.type not in _SEVERAL and model.heads != 1:
        raise invalid("video/model", f"type '{model.type}' has one head", model.line)
    if model.resolution is not None and model.type not in _WITH_RESOLUTION:
        raise invalid("video/model", f"type '{model.type}' has no 'resolution'", model.line)
    if model.type in ("vga", "vmvga") and model.vram_kib and model.vram_kib < _MIB_KIB:
        raise invalid("video/model", "'vram' is at least 1024 KiB", model.line)
    acceleration = model.acceleration
    if acceleration is not None and acceleration.accel2d:
        raise unsupported("video/model", "'accel2d'", model.line)
    if acceleration is not None and acceleration.accel3d and model.type != "virtio":
        raise invalid("video/model", "'accel3d' is for type 'virtio'", model.line)
    vgamem_kib = model.vgamem_kib or 0
    if model.type == "qxl" and (vgamem_kib < _MIB_KIB or vgamem_kib & (vgamem_kib - 1)):
        raise invalid("video/model", "'vgamem' is a power of two from 1024 KiB on", model.line)
