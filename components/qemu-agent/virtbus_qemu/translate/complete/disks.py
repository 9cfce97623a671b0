"""Disks: their drivers."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk_driver import DiskDriver

from ..machine import Board


def disks(domain: Domain, board: Board) -> None:
    """Each disk's driver."""
    for disk in domain.devices.disks:
        disk.driver = disk.driver or DiskDriver()
        disk.driver.name = disk.driver.name or "qemu"
        if disk.path:
            disk.driver.type = disk.driver.type or "raw"
