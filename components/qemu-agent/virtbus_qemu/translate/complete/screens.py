"""What a person sits at: cards and the host's end of sound."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.audio import NoneAudio, SpiceAudio
from virtbus.model.domain.devices.graphics import AUTOMATIC, SdlGraphics, VncGraphics
from virtbus.model.domain.devices.spice import SpiceGraphics
from virtbus.model.domain.devices.video import VideoType
from virtbus.model.domain.seat import settle_video_memory

from ..machine import Board

QXL_VGAMEM_KIB = 16384
LIBVIRTS_FOLDER = "/var/lib/libvirt/qemu/"


def screens(domain: Domain, board: Board) -> None:
    """The cards' models and memory, and an end for sound."""
    devices = domain.devices
    for video in devices.videos:
        if video.model.type == "default":
            video.model.type = _default_card(board)
        if video.model.type == "qxl":
            video.model.vgamem_kib = video.model.vgamem_kib or QXL_VGAMEM_KIB
        settle_video_memory(video.model, domain.type)
    for graphics in devices.graphics:
        if isinstance(graphics, VncGraphics):
            _forget_socket(graphics)
    _audio(devices)


def _forget_socket(graphics: VncGraphics) -> None:
    """A socket that libvirt's settings chose belongs to that host; a port takes its place."""
    for listen in graphics.listen:
        if listen.type == "socket" and (listen.socket or "").startswith(LIBVIRTS_FOLDER):
            listen.type, listen.socket, graphics.socket = "address", None, None
            graphics.port, graphics.autoport = AUTOMATIC, True


def _default_card(board: Board) -> VideoType:
    if board.ppc64:
        return "vga"
    if board.arm_virt or board.loongarch_virt or board.riscv_virt or board.s390:
        return "virtio"
    caps = board.caps
    if not caps.devices or caps.has_device("cirrus-vga"):
        return "cirrus"
    return "vga" if caps.has_device("VGA") else "default"


def _audio(devices: Devices) -> None:
    """SPICE's viewers hear the guest; otherwise sound goes nowhere unless a document says so."""
    if devices.audios:
        return
    kinds = [type(g) for g in devices.graphics if isinstance(g, _WITH_SOUND)]
    if kinds and kinds[-1] is SpiceGraphics:
        devices.audios.append(SpiceAudio(id=1))
    elif (kinds and kinds[-1] is VncGraphics) or not devices.graphics:
        devices.audios.append(NoneAudio(id=1))


_WITH_SOUND = (VncGraphics, SpiceGraphics, SdlGraphics)
"""Screens that decide where sound goes; the last one in the document does."""
