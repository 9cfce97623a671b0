"""What the agent prepares for a guest, and what it is given to start one."""

from __future__ import annotations

import msgspec

from virtbus.model.domain import Domain

from .storage.facts import NOTHING, StorageFacts
from .words import QmpCommand


class RuntimePaths(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent has ready when a guest is to start.

    `monitor_fd` is a listening UNIX socket that QEMU inherits; `directory` is the guest's
    own run directory, where QEMU may make sockets; `tap_fds` are open tap queues by the
    interface's alias; `now_s` is Unix time, for clocks that count from it, and
    `time_offset_s` how far local time is ahead of UTC now; `storage` is what was found out
    about its disks.

    Memory: `page_kib` is the host's ordinary page, `default_hugepage_kib` its default huge
    one, `hugepage_directories` are the guest's own folders on hugetlbfs by the size of the
    page, `memory_directory` is its folder for memory in files, and `advised_nodes` are the
    host's NUMA nodes that a service advises for it.
    """

    monitor_fd: int
    directory: str
    tap_fds: dict[str, tuple[int, ...]] = {}
    now_s: int = 0
    time_offset_s: int = 0
    page_kib: int = 4
    default_hugepage_kib: int = 2048
    hugepage_directories: dict[int, str] = {}
    memory_directory: str = ""
    advised_nodes: str | None = None
    storage: StorageFacts = NOTHING


class TapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A tap device the agent must open: `name` and `bridge` are "" where the document has none."""

    alias: str
    name: str
    bridge: str
    mtu_bytes: int
    queues: int


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A process that serves a guest's device over a socket, and ends when QEMU hangs up.

    `program` is a path, or a name that the host's own folders are searched for. In `arguments`
    the word `{fd}` stands for the number of a listening socket, bound at `socket`, that it
    inherits. `directories` are made for it, its user's alone. `as_root` when it must open what
    any user owns.
    """

    alias: str
    program: str
    arguments: tuple[str, ...]
    socket: str
    directories: tuple[str, ...] = ()
    as_root: bool = False


class CommandLine(msgspec.Struct, frozen=True, kw_only=True):
    """How to start a guest.

    `argv` begins with the emulator; `environment` is added to that of its process. `fds`
    are inherited by it. `setup` are the monitor
    commands to run, in order, before `cont`; they may hold secrets. `domain` is the live
    document: what was asked for, completed, with aliases and generated paths.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = {}
    fds: tuple[int, ...]
    setup: tuple[QmpCommand, ...]
    domain: Domain
