"""Places on disk controllers, by the names of disks."""

from __future__ import annotations

from ..devices import Devices
from ..devices.address import DriveAddress
from ..devices.disk import Disk
from ..disks import index_of
from .faults import bad_address
from .placed import of_kind

_SCSI_SELF = 7
"""The unit that a SCSI controller itself has on its bus."""
_NARROW_UNITS, _WIDE_UNITS = 7, 16
_SATA_UNITS = 6


def assign_drives(devices: Devices, *, wide_scsi: bool) -> None:
    """Give disks on ide, sata, scsi and fdc, and SCSI host devices, the place they lack.

    `wide_scsi`: a SCSI bus has 16 units instead of 7. Raises InvalidDocument for a disk
    whose name says nothing, and for a place that is used twice.
    """
    for disk in devices.disks:
        if disk.address is None:
            _assign_disk(disk, wide_scsi)
    hosts = [h for h in of_kind(devices, "hostdev") if getattr(h, "type", None) == "scsi"]
    taken = {_key(d.address) for d in devices.disks if d.target.bus == "scsi"}
    for host in hosts:
        if host.address is None:
            used = taken | {_key(other.address) for other in hosts}
            host.address = _next_unit(used, wide_scsi)
        elif _key(host.address) in taken:
            raise bad_address("hostdev", "a SCSI disk sits at its address", host.line)


def _assign_disk(disk: Disk, wide_scsi: bool) -> None:
    index = index_of(disk.target.dev)
    if index is None:
        reason = f"'{disk.target.dev}' is not a disk's name such as vda, and there is no address"
        raise bad_address("disk", reason, disk.line)
    match disk.target.bus:
        case "ide":
            disk.address = DriveAddress(controller=index // 4, bus=index % 4 // 2, unit=index % 2)
        case "sata":
            disk.address = DriveAddress(controller=index // _SATA_UNITS, unit=index % _SATA_UNITS)
        case "fdc":
            disk.address = DriveAddress(controller=index // 2, unit=index % 2)
        case "scsi":
            units = _WIDE_UNITS - 1 if wide_scsi else _NARROW_UNITS
            unit = index % units
            disk.address = DriveAddress(controller=index // units, unit=unit + (unit >= _SCSI_SELF))


def _key(address: object) -> tuple[int, ...]:
    if not isinstance(address, DriveAddress):
        return ()
    return address.controller, address.bus, address.target, address.unit


def _next_unit(used: set[tuple[int, ...]], wide_scsi: bool) -> DriveAddress:
    units = [u for u in range(_WIDE_UNITS if wide_scsi else _NARROW_UNITS) if u != _SCSI_SELF]
    controller = 0
    while True:
        for unit in units:
            if (controller, 0, 0, unit) not in used:
                return DriveAddress(controller=controller, unit=unit)
        controller += 1
