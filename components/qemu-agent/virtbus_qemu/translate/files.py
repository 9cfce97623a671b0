"""Which files of the host a guest opens by itself."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain


def files_of(domain: Domain) -> dict[str, bool]:
    """The paths a guest's process must be able to open, and whether it writes to them."""
    found: dict[str, bool] = {}
    for path, written in _paths(domain):
        found[path] = found.get(path, False) or written
    return found


def _paths(domain: Domain) -> Iterator[tuple[str, bool]]:
    boot = domain.os
    for path in (boot.kernel, boot.initrd, boot.dtb):
        if path:
            yield path, False
    for disk in domain.devices.disks:
        if disk.path:
            yield disk.path, not disk.readonly
    if boot.loader is not None and boot.loader.path:
        yield boot.loader.path, False
    if boot.nvram is not None and boot.nvram.path:
        yield boot.nvram.path, True
