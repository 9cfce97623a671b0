"""Controllers: those the document leaves out, and their models."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.controller import Controller, ControllerType

from ..machine import Board
from .characters import virtio_lines


def controllers(domain: Domain, board: Board) -> None:
    """Indexes, default models, and a controller for each bus that a device sits on."""
    devices = domain.devices
    root = "pcie-root" if board.q35 else "pci-root"
    for controller in devices.controllers:
        if controller.index is None:
            controller.index = _free_index(devices, controller.type)
        if controller.type == "scsi":
            controller.model = controller.model or "virtio-scsi"
    _ensure(devices, "pci", 0, root)
    for disk in devices.disks:
        address = disk.address
        if isinstance(address, DriveAddress):
            bus = disk.target.bus
            if bus in ("ide", "sata", "scsi", "fdc"):
                _ensure(devices, bus, address.controller, "virtio-scsi" if bus == "scsi" else None)
    if virtio_lines(devices):
        _ensure(devices, "virtio-serial", 0, None)
    _ensure(devices, "usb", 0, "qemu-xhci" if board.q35 else "piix3-uhci")
    for controller in devices.controllers:
        if controller.type == "usb" and controller.model is None:
            controller.model = "qemu-xhci" if board.q35 else "piix3-uhci"


def _free_index(devices: Devices, kind: ControllerType) -> int:
    used = {c.index for c in devices.controllers if c.type == kind}
    return next(i for i in range(len(used) + 1) if i not in used)


def _ensure(devices: Devices, kind: ControllerType, index: int, model: str | None) -> None:
    if not any(c.type == kind and c.index == index for c in devices.controllers):
        devices.controllers.append(Controller(type=kind, index=index, model=model))
