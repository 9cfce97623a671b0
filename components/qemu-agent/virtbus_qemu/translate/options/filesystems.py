"""Directories of the host in the guest: 9p by QEMU itself, virtiofs by virtiofsd, MTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.filesystem import Filesystem, FilesystemBinary

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of, virtio_driver, virtio_options
from ..runtime import Companion
from ..words import escaped, json_option, keyed, on_off

_SECURITY = {"mapped": "mapped", "passthrough": "passthrough", "squash": "none"}
_VIRTIOFSD = "virtiofsd"


def filesystem_options(domain: Domain, board: Board, directory: str) -> Iterator[str]:
    """All file systems; `directory` is the guest's own run directory."""
    for fs in domain.devices.filesystems:
        kind = fs.driver.type if fs.driver else None
        if kind == "virtiofs":
            yield from _virtiofs(fs, board, directory)
        elif kind == "mtp":
            yield from ("-device", json_option(_mtp(fs, board)))
        else:
            yield from _plan9(fs, board)


def filesystem_companions(domain: Domain, directory: str) -> Iterator[Companion]:
    """The virtiofsd of each file system that nobody else serves."""
    for fs in domain.devices.filesystems:
        if fs.virtiofs and fs.socket is None and fs.source is not None:
            binary = fs.binary or FilesystemBinary()
            yield Companion(
                alias=alias_of(fs),
                program=binary.path or _VIRTIOFSD,
                arguments=tuple(_daemon_arguments(fs, binary)),
                socket=_socket(fs, directory),
                as_root=True,
            )


def _socket(fs: Filesystem, directory: str) -> str:
    return fs.socket or f"{directory}/{alias_of(fs)}-fs.sock"


def _daemon_arguments(fs: Filesystem, binary: FilesystemBinary) -> Iterator[str]:
    """virtiofsd as libvirt calls it; the words of its newer, standalone form."""
    yield "--fd={fd}"
    options = [f"source={escaped(fs.source.dir or '')}" if fs.source else ""]
    cache = binary.cache.mode if binary.cache else None
    if cache is not None:
        options.append(f"cache={cache}")
    sandbox = binary.sandbox.mode if binary.sandbox else None
    if sandbox is not None:
        options.append(f"sandbox={sandbox}")
    if binary.xattr is not None:
        options.append("xattr" if binary.xattr else "no_xattr")
    if binary.lock is not None and binary.lock.flock is not None:
        options.append("flock" if binary.lock.flock else "no_flock")
    if binary.lock is not None and binary.lock.posix is not None:
        options.append("posix_lock" if binary.lock.posix else "no_posix_lock")
    yield from ("-o", ",".join(options))
    if binary.thread_pool is not None and binary.thread_pool.threads is not None:
        yield f"--thread-pool-size={binary.thread_pool.threads}"
    if binary.openfiles is not None and binary.openfiles.max is not None:
        yield f"--rlimit-nofile={binary.openfiles.max}"
    if fs.readonly:
        yield "--readonly"
    for kind, ranges in (
        ("uid", fs.idmap.uids if fs.idmap else []),
        ("gid", fs.idmap.gids if fs.idmap else []),
    ):
        for each in ranges:
            yield f"--{kind}-map=:{each.start}:{each.target}:{each.count}:"


def _virtiofs(fs: Filesystem, board: Board, directory: str) -> Iterator[str]:
    alias = alias_of(fs)
    line = f"chr-vu-{alias}"
    yield from ("-chardev", keyed("socket", id=line, path=_socket(fs, directory)))
    device: dict[str, Any] = {
        "driver": virtio_driver("vhost-user-fs", fs.address),
        **virtio_options(fs.driver),
        "id": alias,
        "chardev": line,
        "queue-size": fs.driver.queue if fs.driver else None,
        "tag": fs.target.dir,
        "bootindex": fs.boot.order if fs.boot else None,
        **place_of(fs.address, board, acpi_index=fs.acpi.index if fs.acpi else None),
    }
    yield from ("-device", json_option(device))


def _plan9(fs: Filesystem, board: Board) -> Iterator[str]:
    alias = alias_of(fs)
    yield from ("-fsdev", _fsdev(fs, f"fsdev-{alias}"))
    device = {
        "driver": virtio_driver("virtio-9p", fs.address, fs.model),
        **virtio_options(fs.driver),
        "id": alias,
        "fsdev": f"fsdev-{alias}",
        "mount_tag": fs.target.dir,
        **place_of(fs.address, board, acpi_index=fs.acpi.index if fs.acpi else None),
    }
    yield from ("-device", json_option(device))


def _fsdev(fs: Filesystem, name: str) -> str:
    kind = fs.driver.type if fs.driver else None
    local = kind != "handle"
    security = _SECURITY.get(fs.accessmode or "")
    text = keyed(
        f"local,security_model={security}" if local and security else (kind or "local"),
        multidevs=fs.multidevs if local else None,
        fmode=f"{fs.fmode:04o}" if local and fs.fmode else None,
        dmode=f"{fs.dmode:04o}" if local and fs.dmode else None,
        writeout=fs.driver.wrpolicy if fs.driver else None,
        id=name,
        path=fs.source.dir if fs.source else None,
    )
    return f"{text},readonly={on_off(True)}" if fs.readonly else text


def _mtp(fs: Filesystem, board: Board) -> dict[str, Any]:
    return {
        "driver": "usb-mtp",
        "id": alias_of(fs),
        "rootdir": fs.source.dir if fs.source else None,
        "desc": fs.target.dir,
        "readonly": fs.readonly,
        **place_of(fs.address, board),
    }
