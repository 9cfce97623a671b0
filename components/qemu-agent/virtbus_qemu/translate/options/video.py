"""Graphics cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from virtbus.model.domain.devices.video import Video

from ..aliases import alias_of
from ..capabilities import QemuCapabilities
from ..machine import Board
from ..places import device_place, virtio_options
from ..words import invalid, json_option, keyed, unsupported
from .virtio import virtio_device

_PRIMARY = {
    "vga": "VGA",
    "cirrus": "cirrus-vga",
    "vmvga": "vmware-svga",
    "qxl": "qxl-vga",
    "bochs": "bochs-display",
    "ramfb": "ramfb",
}


def video_options(videos: list[Video], board: Board, processes: Mapping[str, int]) -> Iterator[str]:
    """Cards; the first is the one firmware draws on.

    `processes` are the connected sockets of vhost-user programs, by the card's alias.
    """
    for video in videos:
        if video.model.type == "none":
            continue
        if _is_vhost_user(video):
            yield from _vhost_user(video, processes)
        yield from ("-device", json_option(_card(video, board)))


def _is_vhost_user(video: Video) -> bool:
    return video.driver is not None and video.driver.name == "vhostuser"


def _vhost_user(video: Video, processes: Mapping[str, int]) -> Iterator[str]:
    alias = alias_of(video)
    if alias not in processes:
        raise unsupported("video/driver", "name 'vhostuser' (no program draws)", video.line)
    yield from ("-chardev", keyed("socket", id=f"chr-vu-{alias}", fd=processes[alias]))


def _card(video: Video, board: Board) -> dict[str, Any]:
    model, driver = video.model, _driver(video, board.caps)
    properties = {
        **driver,
        "id": alias_of(video),
        "virgl": _virgl(video, board.caps),
        "max_outputs": model.heads if model.type in ("qxl", "virtio") else None,
        **_memory(video),
    }
    if model.resolution is not None:
        properties |= {"xres": model.resolution.x, "yres": model.resolution.y}
    if model.type == "ramfb":
        return properties
    return properties | device_place(video, board)


def _driver(video: Video, caps: QemuCapabilities) -> dict[str, Any]:
    """The device for a card: VGA's own registers only where it is the first one."""
    kind = video.model.type
    if _is_vhost_user(video):
        if video.model.primary and caps.has_device("vhost-user-vga"):
            return {"driver": "vhost-user-vga"}
        return virtio_device("vhost-user-gpu", video.address, driver=video.driver)
    if kind == "virtio":
        gl = "-gl" if _accelerated(video) else ""
        if video.model.primary and caps.has_device("virtio-vga"):
            gl = gl if caps.has_device("virtio-vga-gl") else ""
            name = f"virtio-vga{gl}"
            return {"driver": name, **virtio_options(video.driver)}
        gl = gl if caps.has_device("virtio-gpu-gl-pci") else ""
        return virtio_device(f"virtio-gpu{gl}", video.address, driver=video.driver)
    if video.model.primary and kind in _PRIMARY:
        return {"driver": _PRIMARY[kind]}
    if kind == "qxl":
        return {"driver": "qxl"}
    raise invalid("video/model", f"QEMU has no such card for type '{kind}'", video.model.line)


def _accelerated(video: Video) -> bool:
    acceleration = video.model.acceleration
    return acceleration is not None and acceleration.accel3d is True


def _virgl(video: Video, caps: QemuCapabilities) -> bool | None:
    """Of emulators that have no card of its own for 3D."""
    if video.model.type != "virtio" or _is_vhost_user(video):
        return None
    if video.model.acceleration is None or not caps.has_property("virtio-gpu-pci", "virgl"):
        return None
    return video.model.acceleration.accel3d


def _memory(video: Video) -> dict[str, Any]:
    model = video.model
    vram_kib = model.vram_kib or 0
    if _is_vhost_user(video):
        return {"chardev": f"chr-vu-{alias_of(video)}"}
    match model.type:
        case "qxl":
            return {
                "ram_size": (model.ram_kib or 0) * 1024 or None,
                "vram_size": vram_kib * 1024 or None,
                "vram64_size_mb": (model.vram64_kib or 0) // 1024,
                "vgamem_mb": (model.vgamem_kib or 0) // 1024,
            }
        case "vga" | "vmvga":
            return {"vgamem_mb": vram_kib // 1024 or None}
        case "bochs":
            return {"vgamem": vram_kib * 1024 or None}
        case "virtio":
            return {"blob": model.blob}
    return {}
