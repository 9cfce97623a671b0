"""What the agent prepares for a guest, and what it is given to start one."""

from __future__ import annotations

from typing import Literal

import msgspec

from virtbus.model.domain import Domain

from .storage.facts import NOTHING, StorageFacts
from .words import QmpCommand


class RuntimePaths(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent has ready when a guest is to start.

    `monitor_fd` is a listening UNIX socket that QEMU inherits; `directory` is the guest's
    own run directory, where QEMU may make sockets; `tap_fds` and `vhost_fds` are open queues
    of taps, and of the kernel's own network device, by the interface's alias; `fds` what
    `fds_needed` asked for, by name; `sockets` those of companions, by the device's alias.
    Lines that ask for TLS have their certificates in `line_tls_directory`. `now_s` is Unix
    time, for clocks that count from it, and `time_offset_s` how far local time is ahead of
    UTC now; `storage` is what was found out about its disks.

    Memory: `page_kib` is the host's ordinary page, `default_hugepage_kib` its default huge
    one, `hugepage_directories` are the guest's own folders on hugetlbfs by the size of the
    page, `memory_directory` is its folder for memory in files, and `advised_nodes` are the
    host's NUMA nodes that a service advises for it.
    """

    monitor_fd: int
    directory: str
    tap_fds: dict[str, tuple[int, ...]] = {}
    vhost_fds: dict[str, tuple[int, ...]] = {}
    fds: dict[str, int] = {}
    sockets: dict[str, str] = {}
    line_tls_directory: str = "/etc/pki/qemu"
    line_tls_verify: bool = False
    now_s: int = 0
    time_offset_s: int = 0
    page_kib: int = 4
    default_hugepage_kib: int = 2048
    hugepage_directories: dict[int, str] = {}
    memory_directory: str = ""
    advised_nodes: str | None = None
    storage: StorageFacts = NOTHING

    def socket(self, alias: str) -> str:
        """The socket on which a device's companion serves."""
        return self.sockets.get(alias) or f"{self.directory}/{alias}.sock"


class TapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A tap device the agent must open: what the document does not say is "" or 0.

    It is joined to `bridge`, or to that of the network `network`; or it is a macvtap on the
    host's device `link`. With `vhost` the kernel's own network device is opened as often.
    """

    alias: str
    name: str
    bridge: str
    mtu_bytes: int
    queues: int
    network: str = ""
    link: str = ""
    link_mode: str = ""
    vhost: str = ""
    vhost_needed: bool = False


class FdRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the host that the agent opens for a guest, which inherits it.

    `use`: "truncate" or "append" a file that is made when missing, "listen" on a socket,
    "device" and "cancel" to read and write, or to write, what is there; "vsock" for a
    guest's end of vsock, with `cid` its number, or 0 for any that is free.
    """

    name: str
    path: str
    use: Literal["truncate", "append", "listen", "device", "cancel", "vsock"]
    cid: int = 0

    @property
    def in_set(self) -> bool:
        """Whether QEMU opens it anew, by the path of a set of descriptors."""
        return self.use not in ("listen", "vsock")


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A process that serves a guest's device over a socket, and ends when QEMU hangs up.

    `program` is a path, or a name that the host's own folders are searched for. In `arguments`
    the word `{fd}` stands for the number of a listening socket, bound at `socket`, that it
    inherits. `directories` are made for it, its user's alone. `as_root` when it must open what
    any user owns. One that `makes_socket` itself goes to the background when that is there.
    """

    alias: str
    program: str
    arguments: tuple[str, ...]
    socket: str
    directories: tuple[str, ...] = ()
    as_root: bool = False
    makes_socket: bool = False


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
