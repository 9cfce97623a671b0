"""Which files of the host a guest opens by itself."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.hostdev import UsbHostdev


def files_of(domain: Domain) -> dict[str, bool]:
    """The paths a guest's process must be able to open, and whether it writes to them."""
    found: dict[str, bool] = {}
    for path, written in _paths(domain):
        found[path] = found.get(path, False) or written
    return found


def _images(disk: Disk) -> Iterator[tuple[str, bool]]:
    """The files of a disk's chain; only the uppermost is written to."""
    source, written = disk.source, not disk.readonly
    store = disk.backing_store
    while source is not None:
        for each in (source, source.data_store.source if source.data_store else None):
            path = each.local_path if each is not None else None
            if path:
                yield path, written
        if store is None:
            return
        source, written, store = store.source, False, store.backing_store


def _paths(domain: Domain) -> Iterator[tuple[str, bool]]:
    boot = domain.os
    for path in (boot.kernel, boot.initrd, boot.dtb):
        if path:
            yield path, False
    for disk in domain.devices.disks:
        yield from _images(disk)
    if boot.loader is not None and boot.loader.path:
        yield boot.loader.path, False
    if boot.nvram is not None:
        path = boot.nvram.source.local_path if boot.nvram.source else boot.nvram.path
        if path:
            yield path, True
    for device in domain.devices.hostdevs:
        if isinstance(device, UsbHostdev) and (place := device.source.address) is not None:
            yield f"/dev/bus/usb/{place.bus:03d}/{place.device:03d}", True
