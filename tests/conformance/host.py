"""What the agent would have ready on a case's host: as libvirt's tests fix it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtbus.model.domain import Domain
from virtbus_qemu.link.seal import seal
from virtbus_qemu.translate import RuntimePaths, StorageFacts, StorageNeeds
from virtbus_qemu.translate.aliases import alias_of
from virtbus_qemu.translate.prepare import Prepared
from virtbus_qemu.translate.runtime import FdRequest, ScreenSettings, TapRequest
from virtbus_qemu.translate.screens import ports_needed

from .environment import Environment

LIB_DIRECTORY = "/var/lib/libvirt/qemu"
RUN_DIRECTORY = "/var/run/libvirt/qemu"
MONITOR_FD = 1729
TAP_FD, BRIDGE_FD, VHOST_NET_FD = 3, 102, 44
VSOCK_FD, VSOCK_CID, FILE_FD, VHOST_SCSI_FD, VIDEO_FD = 6789, 42, 1750, 3, 1729
PASSED_FDS = {"tpm": 1730, "cancel": 1731, "vdpa": 1732, "log": 1751}
PORTS = {"vnc": 5900, "spice": 5901, "spice-tls": 5902, "websocket": 5700}
RENDER_NODE = "/dev/dri/foo"
SCSI_GENERIC = "/dev/sg0"
TPM_SOCKET = "/dev/test"
ADVISED_NODES = "0-3"
TIME_OFFSET_S = -30 * 60
HUGE_PAGES = {2048: "/dev/hugepages2M", 1048576: "/dev/hugepages1G"}
NODES = frozenset(range(4))
SPICE_PASSWORD = "123456"
SECRET = b"AQCVn5hO6HzFAhAAq0NCv8jtJcIcE+HOBlMQ1A"
MASTER_KEY = bytes(range(32))
INITIAL_VECTOR = bytes(range(16))
CD_DRIVES = frozenset({"/dev/cdrom"})
TLS_DIRECTORIES = {"nbd": "/etc/pki/libvirt-nbd", "vxhs": "/etc/pki/libvirt-vxhs"}
"""What libvirt's tests answer when the host is asked; their random numbers count from 0."""

_SHORT_NAME = 20
"""So much of a guest's name is in the names of its files."""

_SCREENS = {
    "vncTLS": "vnc_tls",
    "vncTLSx509verify": "vnc_tls_verify",
    "vncSASL": "vnc_sasl",
    "vncAutoUnixSocket": "vnc_auto_socket",
    "spiceTLS": "spice_tls",
    "spiceSASL": "spice_sasl",
    "spiceAutoUnixSocket": "spice_auto_socket",
}
_LINES = {"chardevTLS": "line_tls", "chardevTLSx509verify": "line_tls_verify"}
_NOT_COMPARED = ("env.PIPEWIRE_RUNTIME_DIR",)  # an environment, which QEMU inherits
"""libvirt's settings by our names for them."""

TOLD_SETTINGS = frozenset((*_SCREENS, *_LINES, *_NOT_COMPARED))
"""Settings of libvirt's driver that our functions are told, or need not be."""


def run_directory(domain: Domain) -> str:
    """The guest's own directory, made before it is prepared."""
    return f"{LIB_DIRECTORY}/domain-{_short(domain)}"


def _short(domain: Domain) -> str:
    return f"-1-{domain.name[:_SHORT_NAME]}"


def runtime_of(prepared: Prepared, environment: Environment) -> RuntimePaths:
    """All that is ready when a prepared guest is to start."""
    live, needs = prepared.domain, prepared.needs
    short, directory = _short(live), run_directory(live)
    first = {t.alias: BRIDGE_FD if t.bridge or t.network else TAP_FD for t in needs.taps}
    screens = ScreenSettings(spice_password=SPICE_PASSWORD, **_told(environment.settings, _SCREENS))
    return RuntimePaths(
        monitor_fd=MONITOR_FD,
        directory=directory,
        fds={request.name: _fd(request) for request in needs.fds},
        tap_fds={t.alias: _numbers(first[t.alias], t) for t in needs.taps},
        vhost_fds=_vhost_fds(prepared),
        sockets=_sockets(live, short),
        line_tls_directory="/etc/pki/libvirt-chardev",
        now_s=environment.now_s,
        time_offset_s=TIME_OFFSET_S,
        advised_nodes=ADVISED_NODES,
        memory_directory=f"{LIB_DIRECTORY}/ram/{short}",
        hugepage_directories={
            size_kib: f"{mount}/libvirt/qemu/{short}" for size_kib, mount in HUGE_PAGES.items()
        },
        storage=_storage(needs.storage, environment, directory),
        host_nodes=NODES,
        screens=screens,
        ports=_ports(live, screens),
        render_node=RENDER_NODE,
        dbus_address=f"unix:path={RUN_DIRECTORY}/dbus/{short}-dbus.sock",
        video_fds={alias_of(video): VIDEO_FD for video in live.devices.videos},
        scsi_generic={request.alias: SCSI_GENERIC for request in needs.scsi},
        vhost_scsi_fds=dict.fromkeys(needs.vhost_scsi, VHOST_SCSI_FD),
        **_told(environment.settings, _LINES),
    )


def _told(settings: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[name]: value == "1" for name, value in settings.items() if name in names}


def _numbers(first: int, tap: TapRequest) -> tuple[int, ...]:
    return tuple(range(first, first + tap.queues))


def _vhost_fds(prepared: Prepared) -> dict[str, tuple[int, ...]]:
    """libvirt's tests open the kernel's device for any virtio card, without KVM too."""
    virtio = {alias_of(nic) for nic in prepared.domain.devices.interfaces if nic.is_virtio}
    taps = prepared.needs.taps
    return {t.alias: _numbers(VHOST_NET_FD, t) for t in taps if t.alias in virtio}


def _sockets(live: Domain, short: str) -> dict[str, str]:
    passt = [alias_of(nic) for nic in live.devices.interfaces if nic.is_passt]
    found = {alias: f"{RUN_DIRECTORY}/passt/{short}-{alias}.socket" for alias in passt}
    return found | {alias_of(tpm): TPM_SOCKET for tpm in live.devices.tpms}


def _ports(live: Domain, screens: ScreenSettings) -> dict[str, int]:
    asked = [*ports_needed(live, screens)]
    asked += [f"vnc{number}" for number in range(len(live.devices.graphics))]
    return {name: PORTS[name.rstrip("0123456789")] for name in asked}


def settle_vsock(live: Domain) -> None:
    """A guest that asked for any number of vsock gets this one."""
    vsock = live.devices.vsock
    if vsock is not None and vsock.cid is not None and vsock.cid.auto:
        vsock.cid.address = VSOCK_CID


def _fd(request: FdRequest) -> int:
    """The number that libvirt's tests have for what is passed."""
    if request.use == "vsock":
        return VSOCK_FD
    if request.use == "listen":
        return MONITOR_FD
    return PASSED_FDS.get(request.name.rpartition("-")[2], FILE_FD)


def _storage(needs: StorageNeeds, environment: Environment, directory: str) -> StorageFacts:
    """What the agent would find out about the guest's disks, and make ready."""
    return StorageFacts(
        secrets={
            request.alias: seal(request.text.encode() or SECRET, MASTER_KEY, iv=INITIAL_VECTOR)
            for request in needs.secrets
        },
        master_key=f"{directory}/master-key.aes",
        cdroms=CD_DRIVES,
        vdpa_fds=environment.vdpa_fds,
        tls_directories=TLS_DIRECTORIES,
        reservations_socket=f"{directory}/pr-helper0.sock",
    )
