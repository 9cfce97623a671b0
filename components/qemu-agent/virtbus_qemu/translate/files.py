"""Which files of the host a guest opens by itself."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain


def files_of(domain: Domain) -> list[str]:
    """The paths a guest's process must be able to open, each once."""
    return list(dict.fromkeys(_paths(domain)))


def _paths(domain: Domain) -> Iterator[str]:
    boot = domain.os
    for path in (boot.kernel, boot.initrd, boot.dtb):
        if path:
            yield path
    for disk in domain.devices.disks:
        if disk.path:
            yield disk.path
    if boot.loader is not None and boot.loader.path:
        yield boot.loader.path
    if boot.nvram is not None and boot.nvram.path:
        yield boot.nvram.path
