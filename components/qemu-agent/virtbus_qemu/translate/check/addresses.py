"""Addresses: that each is of the kind its bus has, and one the bus has room for."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.placed import all_placed
from virtbus.model.domain.devices.address import (
    Address,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
)
from virtbus.model.domain.devices.disk import Disk

from ..machine import Board
from ..words import unsupported

_DRIVE_BUSES = ("ide", "sata", "scsi", "fdc")
_VIRTIO = ("pci", "ccw", "virtio-mmio")
_INTERFACES = (*_VIRTIO, "usb", "spapr-vio", "unassigned")
_MAX_REGISTER = 0xFFFFFFFF
_FIXED: dict[str, tuple[str, ...]] = {
    "ide": ("controller", "target"),
    "sata": ("bus", "target"),
    "fdc": ("controller", "bus", "target"),
    "scsi": ("bus",),
}
"""The numbers of an address that are 0, by bus."""


def check_addresses(domain: Domain, board: Board) -> None:
    """Refuse addresses that are not of the device's bus, or that the machine does not have."""
    for kind, device in all_placed(domain.devices):
        if device.address is not None:
            _check_kind(kind, device.address, board)
    models = {c.index: c.model for c in domain.devices.controllers if c.type == "scsi"}
    for disk in domain.devices.disks:
        if disk.address is not None:
            _check_disk(disk, disk.address, models)


def _check_kind(kind: str, address: Address, board: Board) -> None:
    line = address.line
    match address:
        case PciAddress() if address.zpci is not None and not board.caps.has_device("zpci"):
            raise unsupported(f"{kind}/address", "'zpci' on this emulator", line)
        case SpaprVioAddress() if address.reg is not None and address.reg > _MAX_REGISTER:
            raise unsupported(f"{kind}/address", f"register {address.reg:#x}", line)
    if kind == "interface" and address.type not in _INTERFACES:
        raise unsupported(f"{kind}/address", f"type '{address.type}'", line)
    if address.type == "virtio-s390" or (address.type == "ccw" and not board.s390_ccw):
        raise unsupported(f"{kind}/address", f"type '{address.type}' on this machine", line)


def _check_disk(disk: Disk, address: Address, models: dict[int | None, str | None]) -> None:
    bus, line = disk.target.bus or "", address.line or disk.line
    if bus in _DRIVE_BUSES:
        fits = address.type == "drive"
    elif bus == "virtio":
        fits = address.type in _VIRTIO
    else:
        fits = bus != "usb" or address.type == "usb"
    if not fits:
        what = f"an address of type '{address.type}' on bus '{bus}'"
        raise unsupported("disk/address", what, line)
    for field in _FIXED.get(bus, ()):
        if getattr(address, field):
            raise unsupported("disk/address", f"'{field}' other than 0 on bus '{bus}'", line)
    if isinstance(address, DriveAddress) and bus == "scsi":
        narrow = models.get(address.controller) == "lsilogic"
        if narrow and address.target:
            raise unsupported("disk/address", "'target' other than 0 of an lsilogic", line)
