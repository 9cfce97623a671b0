"""Disk addresses by the target's name, and the controllers they need."""

from __future__ import annotations

import re

from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.disk import Disk

from .words import invalid, unsupported

_NAME = re.compile(r"(?:fd|hd|sd|vd|xvd|ubd)([a-z]{1,4})", re.ASCII)
_SCSI_UNITS = 15  # of 16, the controller itself sits on 7
_SATA_UNITS = 6


def index_of(target: str) -> int:
    """The number in a target's name: vda 0, vdz 25, vdaa 26. Raises InvalidDocument."""
    match = _NAME.fullmatch(target)
    if not match:
        raise invalid("disk/target", f"'{target}' is not a disk's name such as vda or sdb")
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1


def default_address(disk: Disk) -> DriveAddress:
    """Where libvirt puts a disk on ide, sata, scsi or fdc (virDomainDiskDefAssignAddress)."""
    index = index_of(disk.target.dev)
    match disk.target.bus:
        case "ide":
            return DriveAddress(controller=index // 4, bus=index % 4 // 2, unit=index % 2)
        case "sata":
            return DriveAddress(controller=index // _SATA_UNITS, unit=index % _SATA_UNITS)
        case "fdc":
            return DriveAddress(controller=index // 2, unit=index % 2)
        case "scsi":
            unit = index % _SCSI_UNITS
            return DriveAddress(controller=index // _SCSI_UNITS, unit=unit + (unit >= 7))
        case bus:
            raise unsupported("disk/target", f"bus '{bus}'", disk.target.line)


def ordered(disks: list[Disk]) -> list[Disk]:
    """Disks of one bus by their names, as libvirt keeps them (virDomainDiskInsert)."""
    result: list[Disk] = []
    for disk in disks:
        place = len(result)
        for number in range(len(result) - 1, -1, -1):
            other = result[number]
            if other.target.bus == disk.target.bus:
                if index_of(other.target.dev) <= index_of(disk.target.dev):
                    place = number + 1
                    break
                place = number
        result.insert(place, disk)
    return result


def assign(disks: list[Disk]) -> None:
    """Give each disk without one an address on its controller; refuse clashes."""
    taken: set[tuple[str, int, int, int, int]] = set()
    for disk in sorted(disks, key=lambda disk: disk.address is None):
        if disk.target.bus in ("virtio", "usb"):
            continue
        address = disk.address or default_address(disk)
        if not isinstance(address, DriveAddress):
            raise invalid("disk/address", f"bus '{disk.target.bus}' needs type 'drive'", disk.line)
        place = (
            str(disk.target.bus), address.controller, address.bus, address.target, address.unit,
        )  # fmt: skip
        if place in taken:
            raise invalid("disk/address", f"{disk.target.dev}: another disk sits there", disk.line)
        taken.add(place)
        disk.address = address
