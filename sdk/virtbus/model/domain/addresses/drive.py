"""Places on disk controllers, by the names of disks."""

from __future__ import annotations

import itertools

from ..devices import Devices
from ..devices.address import DriveAddress
from ..devices.disk import Disk
from ..disks import index_of
from .faults import bad_address
from .placed import of_kind

_SCSI_UNITS = 7
_SCSI_UNITS_OF_MODEL = {"lsisas1068": 2}
"""Models that have fewer than the others."""
_SATA_UNITS = 6


def assign_drives(devices: Devices) -> None:
    """Give disks on ide, sata, scsi and fdc, and SCSI host devices, the place they lack.

    Raises InvalidDocument for a disk whose name says nothing, and for a host device at the
    address of another device.
    """
    for disk in devices.disks:
        if disk.address is None:
            _assign_disk(disk)
    hosts = [h for h in of_kind(devices, "hostdev") if getattr(h, "type", None) == "scsi"]
    taken = {_key(d.address) for d in devices.disks if d.target.bus == "scsi"}
    for host in hosts:
        if host.address is None:
            used = taken | {_key(other.address) for other in hosts}
            host.address = _next_unit(devices, used)
        elif _key(host.address) in taken:
            raise bad_address("hostdev", "another device sits at its address", host.line)
        taken.add(_key(host.address))


def _assign_disk(disk: Disk) -> None:
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
            disk.address = DriveAddress(controller=index // _SCSI_UNITS, unit=index % _SCSI_UNITS)


def _key(address: object) -> tuple[int, ...]:
    if not isinstance(address, DriveAddress):
        return ()
    return address.controller, address.bus, address.target, address.unit


def _next_unit(devices: Devices, used: set[tuple[int, ...]]) -> DriveAddress:
    models = {c.index: c.model or "" for c in devices.controllers if c.type == "scsi"}
    units = (_SCSI_UNITS_OF_MODEL.get(models.get(n, ""), _SCSI_UNITS) for n in itertools.count())
    places = ((n, unit) for n, count in enumerate(units) for unit in range(count))
    controller, unit = next(place for place in places if (place[0], 0, 0, place[1]) not in used)
    return DriveAddress(controller=controller, unit=unit)
