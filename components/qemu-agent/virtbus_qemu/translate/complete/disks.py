"""Disks: their drivers, order and places on a drive bus."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.domain.disks import ordered

from .. import drives
from ..machine import Board


def disks(domain: Domain, board: Board) -> None:
    """Each disk's driver, and its address on IDE, SATA, SCSI or floppy controllers."""
    devices = domain.devices
    for disk in devices.disks:
        disk.driver = disk.driver or DiskDriver()
        disk.driver.name = disk.driver.name or "qemu"
        if disk.path:
            disk.driver.type = disk.driver.type or "raw"
    devices.disks = ordered(devices.disks)
    drives.assign(devices.disks)
