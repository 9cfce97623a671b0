"""What one emulator can do, from its own words, and the documents that tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from virtbus.errors import HypervisorFailed, Unsupported

from .features import features_of

WORD_SIZES = {"x86_64": 64, "i686": 32, "aarch64": 64, "riscv64": 64, "ppc64": 64, "s390x": 64}
"""Architectures by libvirt's names, and their word size in bits."""

_ARCH_OF_TARGET = {"i386": "i686", "arm": "armv7l"}
_HOST_WITH_KVM = ("s390x", "ppc64")
"""Where QEMU gives guests with KVM the host's processor when they name none."""
_POWER_NAMES = {
    name.lower(): name
    for name in (
        *(f"POWER{generation}" for generation in range(6, 12)),
        "POWERPC_e5500",
        "POWERPC_e6500",
    )
}
"""Power's models as libvirt writes them; QEMU takes them either way."""


class MachineType(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type: its full name, and the short one that stands for it now.

    `cpu_model`, `kvm_cpu_model`: the processor of guests that name none, emulated or with
    KVM; "" when the emulator does not tell.
    """

    name: str
    alias: str = ""
    max_cpus: int = 1
    default: bool = False
    deprecated: bool = False
    cpu_model: str = ""
    kvm_cpu_model: str = ""
    ram_id: str = ""
    hotpluggable_cpus: bool = False
    numa: bool = False
    acpi: bool | None = None


class CpuDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU model, and the features of it that this host cannot give (None: not told)."""

    name: str
    unavailable: tuple[str, ...] | None = None
    deprecated: bool = False
    type: str = ""


class GicVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of Arm's interrupt controller, and who can provide it."""

    version: int
    emulated: bool
    kernel: bool


class HostCpu(msgspec.Struct, frozen=True, kw_only=True):
    """What the host's processor is to a guest: a model, and features on or off besides."""

    model: str
    features: dict[str, bool] = {}


class QemuCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the emulator at the path `emulator` can do on this host.

    `host_cpus`: what 'host-model' is, by the type of the domain, where that is known.
    """

    emulator: str
    version: tuple[int, int, int]
    arch: str
    machines: tuple[MachineType, ...]
    cpus: tuple[CpuDefinition, ...]
    devices: frozenset[str]
    objects: frozenset[str] = frozenset()
    properties: dict[str, frozenset[str]] = {}
    features: frozenset[str] = frozenset()
    tpm_models: frozenset[str] = frozenset()
    tpm_types: frozenset[str] = frozenset()
    sev: dict[str, Any] | None = None
    sgx: dict[str, Any] | None = None
    gic: tuple[GicVersion, ...] = ()
    kvm_usable: bool = False
    host_cpus: dict[str, HostCpu] = {}
    hvf_usable: bool = False  # macOS's hypervisor

    def has_device(self, name: str) -> bool:
        """Whether it was built with that device model."""
        return name in self.devices

    def has_object(self, name: str) -> bool:
        """Whether it was built with that kind of object (`-object`)."""
        return name in self.objects

    def has_property(self, name: str, prop: str) -> bool:
        """Whether that device model or object has that property.

        Known for those that the probe asks about (link.probe); no for all others.
        """
        return prop in self.properties.get(name, ())

    def has(self, feature: str) -> bool:
        """Whether it has a feature of those in `features`, or the QMP command `command:NAME`."""
        return feature in self.features

    @property
    def version_number(self) -> int:
        """The version in libvirt's form: 1,000,000 * major + 1,000 * minor + micro."""
        major, minor, micro = self.version
        return major * 1_000_000 + minor * 1_000 + micro

    @property
    def domain_types(self) -> tuple[str, ...]:
        """The domain types that this emulator runs here."""
        usable = {"kvm": self.kvm_usable, "hvf": self.hvf_usable}
        return ("qemu", *(name for name, is_usable in usable.items() if is_usable))

    def machine(self, name: str | None) -> MachineType:
        """The machine type of that name or short name, or the default one.

        Raises Unsupported when there is none.
        """
        for machine in self.machines:
            if machine.default if name is None else name in (machine.name, machine.alias):
                return machine
        what = f"machine '{name}'" if name else "a guest without a machine type"
        raise Unsupported(
            f"{self.emulator} does not have {what}; capabilities list those it has",
            operation="translate",
            feature=f"machine {name}",
        )


def parse_capabilities(
    emulator: str, replies: Mapping[str, Any], *, kvm_usable: bool = False
) -> QemuCapabilities:
    """Capabilities of the emulator at that path from the replies to a probe, by what was asked:

    version, target, machines, devices and objects (qom-list-types), schema (query-qmp-schema),
    options (query-command-line-options), properties (names, by device or object), and those
    that some targets lack: cpu_definitions, tpm_models, tpm_types, sev, sgx, gic. Machines and
    CPU definitions are those of emulation; KVM's are in machines_kvm and cpu_definitions_kvm,
    where the emulator was asked with KVM too.
    Raises HypervisorFailed when a reply does not have QMP's form.
    """
    try:
        release, target = replies["version"]["qemu"], replies["target"]["arch"]
        properties = replies.get("properties") or {}
        arch = _ARCH_OF_TARGET.get(target, target)
        return QemuCapabilities(
            emulator=emulator,
            version=(int(release["major"]), int(release["minor"]), int(release["micro"])),
            arch=arch,
            machines=tuple(sorted(_machines(replies, arch), key=_machine_order)),
            cpus=tuple(_cpus(replies.get("cpu_definitions") or (), arch)),
            devices=frozenset(device["name"] for device in replies["devices"]),
            objects=frozenset(kind["name"] for kind in replies.get("objects") or ()),
            properties={name: frozenset(names) for name, names in properties.items()},
            features=features_of(replies.get("schema") or (), replies.get("options") or ()),
            tpm_models=frozenset(replies.get("tpm_models") or ()),
            tpm_types=frozenset(replies.get("tpm_types") or ()),
            sev=replies.get("sev"),
            sgx=replies.get("sgx"),
            gic=msgspec.convert(tuple(replies.get("gic") or ()), tuple[GicVersion, ...]),
            kvm_usable=kvm_usable,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HypervisorFailed(
            f"{emulator} answers in a form that is not QMP's", cause=repr(error), operation="probe"
        ) from error


def _machines(replies: Mapping[str, Any], arch: str) -> Iterator[MachineType]:
    own = _default_models(replies["machines"], replies.get("cpu_definitions"), arch)
    if "machines_kvm" in replies:
        kvm = _default_models(replies["machines_kvm"], replies.get("cpu_definitions_kvm"), arch)
    elif arch in _HOST_WITH_KVM:
        kvm = dict.fromkeys(own, "host")
    else:
        kvm = own
    for reply in replies["machines"]:
        name = reply["name"]
        yield _machine(reply, own[name], kvm.get(name, ""))


def _default_models(
    machines: Iterable[Mapping[str, Any]], cpus: Iterable[Mapping[str, Any]] | None, arch: str
) -> dict[str, str]:
    """The model of each machine's own processor: of several names of its type, the first told."""
    names: dict[str, str] = {}
    for reply in cpus or ():
        cpu = _cpu(reply, arch)
        names.setdefault(cpu.type, cpu.name)
    return {reply["name"]: names.get(reply.get("default-cpu-type", ""), "") for reply in machines}


def _machine(reply: Mapping[str, Any], cpu_model: str, kvm_cpu_model: str) -> MachineType:
    return MachineType(
        name=reply["name"],
        alias=reply.get("alias", ""),
        max_cpus=int(reply["cpu-max"]),
        default=bool(reply.get("is-default", False)),
        deprecated=bool(reply.get("deprecated", False)),
        cpu_model=cpu_model,
        kvm_cpu_model=kvm_cpu_model,
        ram_id=reply.get("default-ram-id", ""),
        hotpluggable_cpus=bool(reply.get("hotpluggable-cpus", False)),
        numa=bool(reply.get("numa-mem-supported", False)),
        acpi=reply.get("acpi"),
    )


def _machine_order(machine: MachineType) -> tuple[bool, bool, str]:
    return not machine.default, not machine.alias, machine.name


def _cpus(replies: Iterable[Mapping[str, Any]], arch: str) -> list[CpuDefinition]:
    return sorted((_cpu(reply, arch) for reply in replies), key=lambda cpu: cpu.name)


def _cpu(reply: Mapping[str, Any], arch: str) -> CpuDefinition:
    power = arch in ("ppc64", "ppc64le")
    unavailable = reply.get("unavailable-features")
    return CpuDefinition(
        name=_POWER_NAMES.get(reply["name"].lower(), reply["name"]) if power else reply["name"],
        type=reply.get("typename", ""),
        unavailable=None if unavailable is None else tuple(unavailable),
        deprecated=bool(reply.get("deprecated", False)),
    )
