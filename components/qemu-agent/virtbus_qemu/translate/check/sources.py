"""Storage sources: which formats, protocols and encryption QEMU can open."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.disk import Disk
from virtbus.model.source.access import Encryption
from virtbus.model.source.source import StorageSource

from ..machine import Board
from ..words import invalid

_NOT_QEMU = {
    "cow": "format 'cow' is not supported",
    "dir": "a directory is a disk of type 'dir', not a format",
    "iso": "format 'iso' is 'raw' to QEMU",
}


def check_sources(disk: Disk, board: Board) -> None:
    """Raise InvalidDocument for the first image of the chain that QEMU cannot open."""
    for reason in _chain(disk, board):
        raise invalid("disk", f"'{disk.target.dev}': {reason}", disk.line)


def _chain(disk: Disk, board: Board) -> Iterator[str]:
    kind, source = disk.type, disk.source
    image = disk.driver.type if disk.driver else None
    cache = disk.driver.metadata_cache if disk.driver else None
    yield from _format(kind, image, disk.readonly, cached=cache is not None)
    encryption = disk.encryption or (source.encryption if source else None)
    yield from _encryption(kind, image, source, encryption, board)
    if disk.target.bus == "sd" and encryption is not None and len(encryption.secrets) > 1:
        yield "an SD card has one secret only"
    if source is not None and kind == "network":
        yield from _network(source, board)
    below = disk.backing_store
    while below is not None and below.type is not None:
        layout, source = below.format, below.source
        image = layout.type if layout else None
        cached = layout is not None and layout.metadata_cache is not None
        yield from _format(below.type, image, True, cached=cached)
        encryption = source.encryption if source else None
        yield from _encryption(below.type, image, source, encryption, board)
        if source is not None and below.type == "network":
            yield from _network(source, board)
        below = below.backing_store


def _format(kind: str, image: str | None, readonly: bool, *, cached: bool) -> Iterator[str]:
    if image in _NOT_QEMU:
        yield _NOT_QEMU[image or ""]
    if image == "fat" and kind not in ("dir", "volume"):
        yield "format 'fat' is for type 'dir'"
    if kind == "dir":
        if image not in (None, "fat"):
            yield "type 'dir' needs format 'fat'"
        if not readonly:
            yield "type 'dir' is read-only"
    if cached and image != "qcow2":
        yield "a metadata cache is for qcow2 images"


def _network(source: StorageSource, board: Board) -> Iterator[str]:
    protocol = source.protocol
    if protocol == "tftp":
        yield "QEMU no longer has protocol 'tftp'"
    if protocol == "nfs":
        host = source.hosts[0] if len(source.hosts) == 1 else None
        if host is None or host.transport is not None or host.port:
            yield "protocol 'nfs' takes exactly one host, without a port"
    if source.tls_hostname is not None:
        if protocol != "nbd":
            yield "tlsHostname is for protocol 'nbd'"
        elif not board.caps.has("blockdev-nbd-tls-hostname"):
            yield "this QEMU does not have tlsHostname"


def _encryption(
    kind: str,
    image: str | None,
    source: StorageSource | None,
    encryption: Encryption | None,
    board: Board,
) -> Iterator[str]:
    if encryption is None:
        return
    style = encryption.format
    if style in ("default", "qcow"):
        yield "the old encryption of qcow is not supported"
    elif encryption.engine == "librbd":
        if not board.caps.has("blockdev-rbd-encryption"):
            yield "this QEMU does not have librbd's encryption"
        if kind != "network" or source is None or source.protocol != "rbd":
            yield "engine 'librbd' is for protocol 'rbd'"
        if len(encryption.secrets) > 1 and not board.caps.has("blockdev-rbd-encryption-layers"):
            yield "this QEMU does not have layers of librbd's encryption"
        if style == "luks-any" and not board.caps.has("blockdev-rbd-luks-any"):
            yield "this QEMU does not have encryption 'luks-any'"
    else:
        if style != "luks":
            yield f"encryption '{style}' needs engine 'librbd'"
        if image not in ("raw", "qcow2"):
            yield "encryption is for raw and qcow2 images"
        if len(encryption.secrets) > 1:
            yield "QEMU's own encryption has one secret only"
