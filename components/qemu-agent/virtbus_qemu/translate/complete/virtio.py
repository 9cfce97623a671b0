"""Where virtio devices are when the document does not say: PCI, the channel subsystem, or MMIO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from virtbus.model.domain.addresses.placed import all_placed
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import Address, CcwAddress

from ..machine import Board

_CARDS = ("virtio", "virtio-transitional", "virtio-non-transitional")


def virtio_buses(devices: Devices, board: Board) -> None:
    """Put virtio devices without an address on the machine's own bus, when that is not PCI."""
    if board.s390_ccw:
        for kind, device in all_placed(devices):
            if device.address is None and (_is_virtio(kind, device) or _is_on_ccw(kind, device)):
                device.address = CcwAddress()
    elif _prefers_mmio(devices, board):
        for kind, device in all_placed(devices):
            if device.address is None and _is_virtio(kind, device):
                device.address = Address(type="virtio-mmio")


def _prefers_mmio(devices: Devices, board: Board) -> bool:
    """Boards that have both use PCI Express, unless a device is on MMIO already."""
    vexpress = board.arm and board.machine.name.startswith("vexpress-")
    if not (vexpress or board.arm_virt or board.riscv_virt):
        return False
    caps = board.caps
    express = any(c.type == "pci" and c.model == "pcie-root" for c in devices.controllers)
    ports = caps.has_device("pcie-root-port") or caps.has_device("ioh3420")
    mmio = any(
        d.address is not None and d.address.type == "virtio-mmio" for _, d in all_placed(devices)
    )
    if express and ports and not mmio:
        return False
    return caps.has_device("virtio-mmio")


def _is_virtio(kind: str, device: Any) -> bool:
    rule = _RULES.get(kind)
    return rule is not None and rule(device)


def _is_on_ccw(kind: str, device: Any) -> bool:
    if kind == "hostdev":
        return device.type == "mdev" and getattr(device, "model", None) == "vfio-ccw"
    return kind in ("filesystem", "vsock")


def _always(device: Any) -> bool:
    return True


_RULES: dict[str, Callable[[Any], bool]] = {
    "disk": lambda device: device.target.bus == "virtio",
    "interface": lambda device: device.model is not None and device.model.type in _CARDS,
    "video": lambda device: device.model is not None and device.model.type == "virtio",
    "input": lambda device: device.bus == "virtio",
    "controller": lambda device: device.type in ("virtio-serial", "scsi"),
    "hostdev": lambda device: device.type == "scsi_host",
    "memballoon": lambda device: device.model != "none",
    "rng": _always,
    "memory": lambda device: device.model in ("virtio-pmem", "virtio-mem"),
    "crypto": _always,
    "sound": lambda device: device.model == "virtio",
}
