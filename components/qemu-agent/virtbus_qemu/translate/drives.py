"""Disk addresses on the controllers of QEMU's machines."""

from __future__ import annotations

from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.disks import default_address
from virtbus.model.domain.disks import index_of as index_of_name

from .words import invalid, unsupported

_CONTROLLERLESS = ("virtio", "usb", "sd")


def index_of(target: str) -> int:
    """The number in a target's name: vda 0, vdz 25, vdaa 26. Raises InvalidDocument."""
    number = index_of_name(target)
    if number is None:
        raise invalid("disk/target", f"'{target}' is not a disk's name such as vda or sdb")
    return number


def assign(disks: list[Disk]) -> None:
    """Give each disk without one an address on its controller; refuse clashes."""
    taken: set[tuple[str, int, int, int, int]] = set()
    for disk in sorted(disks, key=lambda disk: disk.address is None):
        bus = str(disk.target.bus)
        if bus in _CONTROLLERLESS:
            continue
        if disk.address is None:
            index_of(disk.target.dev)
        address = disk.address or default_address(disk)
        if address is None:
            raise unsupported("disk/target", f"bus '{bus}'", disk.target.line)
        if not isinstance(address, DriveAddress):
            raise invalid("disk/address", f"bus '{bus}' needs type 'drive'", disk.line)
        place = (bus, address.controller, address.bus, address.target, address.unit)
        if place in taken:
            raise invalid("disk/address", f"{disk.target.dev}: another disk sits there", disk.line)
        taken.add(place)
        disk.address = address
