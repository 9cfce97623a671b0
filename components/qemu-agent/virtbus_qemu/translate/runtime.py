"""What the agent prepares for a guest, and what it is given to start one."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from virtbus.model.domain import Domain

from .affinity import Affinity
from .storage.facts import NOTHING, StorageFacts
from .words import QmpCommand


class ScreenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this host shows the screens of all its guests.

    Addresses and passwords are for screens that name none; directories hold the server's TLS
    key and certificates.
    """

    vnc_listen: str = "127.0.0.1"
    vnc_password: str = ""
    vnc_tls: bool = False
    vnc_tls_directory: str = "/etc/pki/libvirt-vnc"
    vnc_tls_verify: bool = False
    vnc_sasl: bool = False
    vnc_auto_socket: bool = False
    spice_listen: str = "127.0.0.1"
    spice_password: str = ""
    spice_tls: bool = False
    spice_tls_directory: str = "/etc/pki/libvirt-spice"
    spice_sasl: bool = False
    spice_auto_socket: bool = False


class UsbPlace(NamedTuple):
    """The bus of the host that a USB device is on, and its number there."""

    bus: int
    device: int


def socket_of(directory: str, alias: str) -> str:
    """The socket on which a device's companion serves, in the guest's run directory."""
    return f"{directory}/{alias}.sock"


class RuntimePaths(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent has ready when a guest is to start.

    `monitor_fd` is a listening UNIX socket that QEMU inherits; `directory` is the guest's
    own run directory, where QEMU may make sockets; `tap_fds` and `vhost_fds` are open queues
    of taps, and of the kernel's own network device, by the interface's alias; `fds` what
    `fds_needed` asked for, by name; `sockets` those of companions that do not serve in
    `directory`, by the device's alias. Lines that ask for TLS, and with `line_tls` those that
    do not say, have their certificates in `line_tls_directory`. `now_s` is Unix time, for
    clocks that count from it, and `time_offset_s` how far local time is ahead of
    UTC now; `storage` is what was found out about its disks.

    Memory: `page_kib` is the host's ordinary page, `default_hugepage_kib` its default huge
    one, `hugepage_directories` are folders of the guests' user on hugetlbfs by the size of
    the page, `memory_directory` is its folder for memory in files, and `advised_nodes` are the
    host's NUMA nodes that a service advises for it; `host_nodes` all it has (None: not known).

    Screens: `ports` are free TCP ports for what `ports_needed` asks; `render_node` is a
    device that draws, "" where the host has none; `dbus_address` is the guest's own bus.
    Of host devices, by alias: `usb_places`, where those are that are named by vendor and
    product (None: not there); `scsi_generic`, the /dev/sg of a SCSI device; `vhost_scsi_fds`,
    an open /dev/vhost-scsi. `video_fds` are sockets to programs that draw, by the card's alias.
    """

    monitor_fd: int
    directory: str
    tap_fds: dict[str, tuple[int, ...]] = {}
    vhost_fds: dict[str, tuple[int, ...]] = {}
    fds: dict[str, int] = {}
    sockets: dict[str, str] = {}
    line_tls_directory: str = "/etc/pki/qemu"
    line_tls: bool = False
    line_tls_verify: bool = False
    now_s: int = 0
    time_offset_s: int = 0
    page_kib: int = 4
    default_hugepage_kib: int = 2048
    hugepage_directories: dict[int, str] = {}
    memory_directory: str = ""
    advised_nodes: str | None = None
    host_nodes: frozenset[int] | None = None
    storage: StorageFacts = NOTHING
    screens: ScreenSettings = ScreenSettings()
    ports: dict[str, int] = {}
    render_node: str = ""
    dbus_address: str = ""
    usb_places: dict[str, UsbPlace | None] = {}
    scsi_generic: dict[str, str] = {}
    vhost_scsi_fds: dict[str, int] = {}
    video_fds: dict[str, int] = {}

    def socket(self, alias: str) -> str:
        """The socket on which a device's companion serves."""
        return self.sockets.get(alias) or socket_of(self.directory, alias)


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
    are inherited by it. `setup` are the monitor commands to run, in order, before `cont`; they
    may hold secrets; `affinity` is where its threads are to run by then. `domain` is the live
    document: what was asked for, completed, with aliases and generated paths.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = {}
    fds: tuple[int, ...]
    setup: tuple[QmpCommand, ...]
    affinity: Affinity = Affinity()
    domain: Domain
