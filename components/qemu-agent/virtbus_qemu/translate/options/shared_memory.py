"""Memory that is a file: shared between guests, or kept for a kernel's last words."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.shmem import Shmem
from virtbus.model.domain.devices.small import Pstore

from ..aliases import alias_of
from ..machine import Board
from ..places import device_place
from ..words import invalid, json_option, keyed, unsupported

SERVER_SOCKET = "/var/lib/libvirt/shmem-{}-sock"
"""Where a server is that has no path: as libvirt documents it, for whoever starts servers."""

_MASTER: dict[str | None, str | None] = {None: None, "master": "on", "peer": "off"}


def shmem_options(shmems: list[Shmem], board: Board) -> Iterator[str]:
    """ivshmem: a file's memory, or that of a server."""
    for shmem in shmems:
        alias = alias_of(shmem)
        memory, line = f"shmmem-{alias}", f"char{alias}"
        msi, server = shmem.msi, shmem.server
        if shmem.model.type == "ivshmem":
            raise unsupported("shmem/model", "type 'ivshmem'", shmem.line)
        if shmem.address is None or shmem.address.type != "pci":
            raise invalid("shmem", "an address of type 'pci' is needed", shmem.line)
        if shmem.model.type == "ivshmem-plain":
            path = f"/dev/shm/{shmem.name}"  # noqa: S108  # where POSIX shared memory is
            size_bytes = shmem.size.size_bytes if shmem.size else 0
            yield from ("-object", json_option(_file(memory, path, size_bytes)))
        properties = {
            "driver": shmem.model.type,
            "id": alias,
            "chardev": line if server else None,
            "memdev": None if server else memory,
            "master": None if server else _MASTER[shmem.role],
            "vectors": (msi.vectors or None) if msi else None,
            "ioeventfd": msi.ioeventfd if msi else None,
            **device_place(shmem, board),
        }
        yield from ("-device", json_option(properties))
        if server is not None:
            path = server.path or SERVER_SOCKET.format(shmem.name)
            yield from ("-chardev", keyed("socket", id=line, path=path))


def pstore_options(pstore: Pstore | None, board: Board) -> Iterator[str]:
    """ACPI's error record serialization table."""
    if pstore is not None:
        alias = alias_of(pstore)
        size_bytes = pstore.size.size_kib * 1024
        memory = _file(f"mem{alias}", pstore.path or "", size_bytes)
        yield from ("-object", json_option(memory))
        place = device_place(pstore, board)
        properties = {"driver": "acpi-erst", "id": alias, "memdev": f"mem{alias}", **place}
        yield from ("-device", json_option(properties))


def _file(name: str, path: str, size_bytes: int) -> dict[str, object]:
    return {
        "qom-type": "memory-backend-file",
        "id": name,
        "mem-path": path,
        "size": size_bytes,
        "share": True,
    }
