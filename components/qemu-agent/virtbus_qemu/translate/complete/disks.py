"""Disks: their drivers."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.source.access import Encryption

from ..machine import Board


def disks(domain: Domain, board: Board) -> None:
    """Each disk's driver."""
    for disk in domain.devices.disks:
        disk.driver = disk.driver or DiskDriver()
        disk.driver.name = disk.driver.name or "qemu"
        if disk.type != "volume":
            disk.driver.type = disk.driver.type or "raw"
        for encryption in _encryptions(disk):
            encryption.engine = encryption.engine or "qemu"


def _encryptions(disk: Disk) -> Iterator[Encryption]:
    if disk.encryption is not None:
        yield disk.encryption
    if disk.source is not None and disk.source.encryption is not None:
        yield disk.source.encryption
    store = disk.backing_store
    while store is not None:
        if store.source is not None and store.source.encryption is not None:
            yield store.source.encryption
        store = store.backing_store
