"""All disks of a guest: their order, their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..engine.repeated import repeated
from .devices.address import DriveAddress
from .devices.disk import Disk
from .throttle import IoTune, limited

if TYPE_CHECKING:
    from .root import Domain

_PREFIXES = ("fd", "hd", "vd", "sd", "xvd", "ubd")
_MAX_INDEX = 2**31 - 1


def index_of(name: str) -> int | None:
    """The number in a disk's name: vda 0, vdz 25, vdaa 26; None when it is no such name."""
    prefix = next((p for p in _PREFIXES if name.startswith(p)), None)
    if prefix is None or not name.isascii():
        return None
    letters = name[len(prefix) :].rstrip("0123456789")
    if not letters.isalpha() or not letters.islower():
        return None
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("a") + 1
        if number > _MAX_INDEX:
            return None
    return number - 1


def settle_disks(domain: Domain) -> None:
    """Order, and limits of a group that one of its disks tells for all."""
    disks = domain.devices.disks = ordered(domain.devices.disks)
    groups: dict[str, IoTune] = {}
    for disk in disks:
        tune = disk.iotune
        if tune is not None and tune.group_name is not None and limited(tune):
            groups.setdefault(tune.group_name, tune)
    for disk in disks if groups else ():
        tune = disk.iotune
        if tune is not None and tune.group_name in groups and not limited(tune):
            told = groups[tune.group_name]
            for name in tune.__struct_fields__:
                setattr(tune, name, getattr(told, name))


def ordered(disks: list[Disk]) -> list[Disk]:
    """Disks of one bus by their names; otherwise as they stand."""
    result: list[Disk] = []
    for disk in disks:
        place = None
        index = _order(disk)
        for number in range(len(result) - 1, -1, -1):
            other = result[number]
            if other.target.bus != disk.target.bus:
                continue
            if _order(other) > index:
                place = number
            elif place is None:
                place = number + 1
        result.insert(len(result) if place is None else place, disk)
    return result


def _order(disk: Disk) -> int:
    index = index_of(disk.target.dev)
    return -1 if index is None else index


def disks_problems(domain: Domain) -> Iterator[str]:
    """Names and places that clash, groups that are not there."""
    devices = domain.devices
    places: set[tuple[str | None, int, int, int, int]] = set()
    for disk in devices.disks:
        address = disk.address
        if address is None and index_of(disk.target.dev) is None:
            yield f"disk '{disk.target.dev}' has no address, and its name does not tell one"
        if isinstance(address, DriveAddress):
            place = (disk.target.bus, address.controller, address.bus, address.target, address.unit)
            if place in places:
                yield f"disk '{disk.target.dev}' has the address of another disk"
            places.add(place)
    if any(disk.throttlefilters for disk in devices.disks):
        known = domain.throttlegroups.groups if domain.throttlegroups else []
        yield from _unknown_groups(devices.disks, {group.group_name for group in known})
    tags = set(repeated(fs.target.dir for fs in devices.filesystems))
    for fs in devices.filesystems:
        if fs.virtiofs and fs.target.dir in tags:
            yield f"filesystem target '{fs.target.dir}' is used more than once"


def _unknown_groups(disks: list[Disk], known: set[str | None]) -> Iterator[str]:
    for disk in disks:
        for each in disk.throttlefilters.filters if disk.throttlefilters else ():
            if each.group not in known:
                yield f"disk '{disk.target.dev}': there is no throttle group '{each.group}'"
