"""Directories of the host in the guest: what each of the drivers can do."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import PciAddress
from virtbus.model.domain.devices.filesystem import Filesystem

from ..machine import Board
from ..words import invalid
from .disks import shares_memory


def check_filesystems(domain: Domain, board: Board) -> None:
    """Raise InvalidDocument for the first file system that cannot be had."""
    for fs in domain.devices.filesystems:
        for reason in _faults(domain, fs, board):
            raise invalid("filesystem", f"'{fs.target.dir}': {reason}", fs.line)


def _faults(domain: Domain, fs: Filesystem, board: Board) -> Iterator[str]:
    kind = fs.driver.type if fs.driver else None
    if fs.type != "mount":
        yield f"QEMU has no file systems of type '{fs.type}'"
    if fs.space_hard_limit is not None or fs.space_soft_limit is not None:
        yield "QEMU limits no space"
    if (fs.fmode or fs.dmode) and fs.accessmode != "mapped":
        yield "fmode and dmode need accessmode 'mapped'"
    match kind:
        case "loop" | "nbd" | "ploop":
            yield f"QEMU has no driver '{kind}'"
        case "handle" | "mtp":
            if fs.accessmode != "passthrough":
                yield f"driver '{kind}' needs accessmode 'passthrough'"
            if kind == "mtp" and not board.caps.has_device("usb-mtp"):
                yield "this QEMU does not have usb-mtp"
        case "virtiofs":
            yield from _virtiofs(domain, fs, board)


def _virtiofs(domain: Domain, fs: Filesystem, board: Board) -> Iterator[str]:
    if fs.socket is None:
        if fs.accessmode != "passthrough":
            yield "virtiofs needs accessmode 'passthrough'"
        if fs.driver is not None and fs.driver.wrpolicy is not None:
            yield "virtiofs has no wrpolicy"
    if fs.model is not None:
        yield "virtiofs has no model"
    if fs.driver is not None and fs.driver.format is not None:
        yield "virtiofs has no format"
    if fs.multidevs is not None:
        yield "virtiofs has no multidevs"
    if fs.fmode or fs.dmode:
        yield "virtiofs has no fmode and dmode"
    if not board.caps.has_device("vhost-user-fs-device"):
        yield "this QEMU does not have vhost-user-fs"
    if not shares_memory(domain):
        yield "virtiofs needs memory that is shared"
    if fs.boot is not None:
        if not board.caps.has_property("vhost-user-fs-device", "bootindex"):
            yield "this QEMU does not boot from virtiofs"
        if fs.address is not None and not isinstance(fs.address, PciAddress):
            yield "only virtiofs on PCI can be booted from"
