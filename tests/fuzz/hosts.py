"""Emulators of several architectures: one that can do nothing special, and one that can do all."""

from __future__ import annotations

from tests.unit.qemu.translate_caps import DEVICES
from virtbus_qemu.translate import CpuDefinition, MachineType, QemuCapabilities, RuntimePaths
from virtbus_qemu.translate.prepare import Needs
from virtbus_qemu.translate.runtime import UsbPlace
from virtbus_qemu.translate.storage.facts import StorageFacts
from virtbus_qemu.translate.storage.needs import StorageNeeds
from virtbus_qemu.translate.storage.sealed import SealedSecret

_MACHINES = {
    "x86_64": ("pc-i440fx-7.2", "pc-q35-7.2", "microvm"),
    "i686": ("pc-i440fx-7.2", "pc-q35-7.2"),
    "aarch64": ("virt-7.2",),
    "riscv64": ("virt",),
    "ppc64": ("pseries-7.2",),
    "s390x": ("s390-ccw-virtio-7.2",),
}
ARCHITECTURES = tuple(_MACHINES)
_ALIASES = {"pc-i440fx": "pc", "pc-q35": "q35"}


class _Everything(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


class Able(QemuCapabilities, frozen=True, kw_only=True):
    """Capabilities of an emulator that has whatever it is asked for."""

    def has_property(self, name: str, prop: str) -> bool:
        """Yes."""
        return True


def _machine(name: str, *, default: bool) -> MachineType:
    family = name.rpartition("-")[0]
    return MachineType(
        name=name,
        alias=_ALIASES.get(family, family),
        max_cpus=255,
        default=default,
        cpu_model="qemu64",
        ram_id="pc.ram",
        numa=True,
        hotpluggable_cpus=True,
    )


def host(arch: str, *, able: bool) -> QemuCapabilities:
    """The emulator of an architecture."""
    everything = _Everything(["everything"])
    return (Able if able else QemuCapabilities)(
        emulator=f"/usr/bin/qemu-system-{arch}",
        version=(10, 0, 0) if able else (7, 2, 22),
        arch=arch,
        machines=tuple(_machine(n, default=not i) for i, n in enumerate(_MACHINES[arch])),
        cpus=tuple(CpuDefinition(name=n) for n in ("qemu64", "Haswell", "host", "max")),
        devices=everything if able else DEVICES,
        objects=everything if able else frozenset(),
        features=everything if able else frozenset(),
        tpm_models=everything if able else frozenset(),
        tpm_types=everything if able else frozenset(),
        kvm_usable=True,
    )


HOSTS = {(arch, able): host(arch, able=able) for arch in ARCHITECTURES for able in (False, True)}
DIRECTORY = "/run/guest"
"""A guest's own."""


def answers(needs: Needs) -> RuntimePaths:
    """All that a guest needs of its host, there."""
    return RuntimePaths(
        monitor_fd=7,
        directory=DIRECTORY,
        now_s=1_700_000_000,
        tap_fds={tap.alias: tuple(range(20, 20 + tap.queues)) for tap in needs.taps},
        vhost_fds={t.alias: tuple(range(90, 90 + t.queues)) for t in needs.taps if t.vhost},
        fds={request.name: 9 for request in needs.fds},
        ports=dict.fromkeys(needs.ports, 5999),
        usb_places={request.alias: UsbPlace(1, 2) for request in needs.usb},
        scsi_generic={request.alias: "/dev/sg0" for request in needs.scsi},
        vhost_scsi_fds=dict.fromkeys(needs.vhost_scsi, 8),
        hugepage_directories={2048: "/dev/hugepages/guest"},
        memory_directory="/var/memory/guest",
        render_node="/dev/dri/renderD128",
        dbus_address="unix:path=/run/bus",
        storage=_storage(needs.storage),
    )


def _storage(needs: StorageNeeds) -> StorageFacts:
    return StorageFacts(
        secrets={
            request.alias: SealedSecret(data="c2VjcmV0", iv="aXY=") for request in needs.secrets
        },
        master_key=f"{DIRECTORY}/master-key.aes",
        vdpa_fds=dict.fromkeys(needs.vdpa_devices, 11),
        users=dict.fromkeys(needs.users, 1),
        groups=dict.fromkeys(needs.groups, 1),
        tls_directories={"nbd": "/etc/pki/nbd"},
        reservations_socket=f"{DIRECTORY}/pr-helper0.sock",
    )
