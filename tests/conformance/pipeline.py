"""The product's own steps, in the order in which its agent takes them. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from virtbus.errors import Unsupported
from virtbus.model.documents import document
from virtbus.model.domain import (
    Domain,
    apply_defaults,
    check_domain,
    format_domain,
    parse_domain,
    settle_devices,
)
from virtbus.model.network.update import update_network
from virtbus_qemu.link.seal import seal
from virtbus_qemu.translate import (
    CommandLine,
    RuntimePaths,
    StorageFacts,
    StorageNeeds,
    check,
    complete,
    prepare,
    translate,
)
from virtbus_qemu.translate.runtime import FdRequest

from .environment import (
    BRIDGE_FD,
    CD_DRIVES,
    FILE_FD,
    INITIAL_VECTOR,
    LIB_DIRECTORY,
    MASTER_KEY,
    MONITOR_FD,
    PASSED_FDS,
    SECRET,
    TAP_FD,
    TLS_DIRECTORIES,
    UUID,
    VSOCK_FD,
    Environment,
    generated_macs,
)


def define_generic(text: bytes) -> Domain:
    """A document as every hypervisor takes it."""
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=generated_macs())
    settle_devices(domain)
    check_domain(domain)
    return domain


def define(text: bytes, environment: Environment) -> Domain:
    """A document as the qemu-agent keeps it; an error here is a refusal to define."""
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=generated_macs())
    domain.id = None
    caps = environment.caps
    if domain.devices.emulator not in (None, caps.emulator):
        raise Unsupported("no such emulator on this host", feature=domain.devices.emulator)
    complete(domain, caps, new=environment.abi_update)
    check(domain, caps)
    check_domain(domain)
    return domain


def write(domain: Domain, *, inactive: bool = True) -> str:
    """The document as it is given out, with its secrets."""
    return format_domain(domain, inactive=inactive, with_secrets=True)


def start(domain: Domain, environment: Environment) -> CommandLine:
    """The command line; an error here is a refusal to start."""
    directory = f"{LIB_DIRECTORY}/domain--1-{domain.name}"
    prepared = prepare(domain, environment.caps, directory)
    taps = prepared.needs.taps
    first = {t.alias: BRIDGE_FD if t.bridge or t.network else TAP_FD for t in taps}
    fds = {request.name: _fd(request) for request in prepared.needs.fds}
    runtime = RuntimePaths(
        monitor_fd=MONITOR_FD,
        directory=directory,
        fds=fds,
        vhost_fds={t.alias: tuple(range(44, 44 + t.queues)) for t in taps if t.vhost},
        line_tls_directory="/etc/pki/libvirt-chardev",
        tap_fds={t.alias: tuple(range(first[t.alias], first[t.alias] + t.queues)) for t in taps},
        now_s=environment.now_s,
        storage=_storage(prepared.needs.storage, environment, directory),
    )
    return translate(prepared.domain, environment.caps, runtime)


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


def read_document(kind: str, text: bytes) -> Any:
    """Any other document, as virtbus takes it; an error here is a refusal."""
    return document(kind).read(text)


def read_volume(text: bytes, pool: bytes, *, capacity_needed: bool) -> Any:
    """A volume as a pool of that document takes it."""
    from virtbus.model.storage.volume import complete_volume

    kind = document("volume")
    volume = kind.parse(text)
    where = document("pool").read(pool)
    complete_volume(volume, pool_type=where.type, capacity_needed=capacity_needed)
    kind.check(volume)
    return volume


def write_document(kind: str, element: Any, *, inactive: bool) -> str:
    """The document as it is given out, with its secrets."""
    return document(kind).format(element, inactive=inactive, with_secrets=True)


def change_network(network: Any, section: str, command: str, fragment: str, index: int) -> Any:
    """A network with one entry changed; an error here is a refusal."""
    return update_network(network, section, command, fragment, index=index)
