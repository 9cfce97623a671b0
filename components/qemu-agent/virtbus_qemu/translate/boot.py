"""The boot index of each device that a guest's firmware may try."""

from __future__ import annotations

from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.placed import Addressed, all_placed

from .capabilities import QemuCapabilities

_KIND_OF_DISK = {"disk": "hd", "lun": "hd", "cdrom": "cdrom", "floppy": "fd"}


def boot_order(domain: Domain) -> dict[int, int]:
    """The boot index of each device that has one, by the device's id().

    A document orders either devices, or kinds of devices; of a kind the first one counts.
    """
    explicit = dict(_explicit(device) for _, device in all_placed(domain.devices) if _has(device))
    if explicit:
        return explicit
    indexes: dict[str, int] = {boot.dev: index for index, boot in enumerate(domain.os.boot, 1)}
    order: dict[int, int] = {}
    for disk in domain.devices.disks:
        index = indexes.pop(_KIND_OF_DISK[disk.device], None)
        if index is not None:
            order[id(disk)] = index
    if "network" in indexes and domain.devices.interfaces:
        order[id(domain.devices.interfaces[0])] = indexes["network"]
    return order


def devices_have_loadparm(caps: QemuCapabilities) -> bool:
    """Whether each device of s390 takes a load parameter; before, the machine took the first's."""
    return caps.has_property("virtio-blk-ccw", "loadparm")


def first_loadparm(domain: Domain) -> str | None:
    """The load parameter of the device that is tried first."""
    boots: list[Any] = [getattr(device, "boot", None) for _, device in all_placed(domain.devices)]
    return next((b.loadparm for b in boots if b is not None and b.order == 1 and b.loadparm), None)


def _has(device: Any) -> bool:
    return getattr(device, "boot", None) is not None


def _explicit(device: Addressed) -> tuple[int, int]:
    boot: Any = getattr(device, "boot", None)
    return id(device), boot.order
