"""What one emulator can do, from its own words, and the documents that tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from virtbus.errors import HypervisorFailed, Unsupported

WORD_SIZES = {"x86_64": 64, "i686": 32, "aarch64": 64, "riscv64": 64, "ppc64": 64, "s390x": 64}
"""Architectures by libvirt's names, and their word size in bits."""

_ARCH_OF_TARGET = {"i386": "i686", "arm": "armv7l"}


class MachineType(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type: its full name, and the short one that stands for it now."""

    name: str
    alias: str = ""
    max_cpus: int = 1
    default: bool = False
    deprecated: bool = False
    cpu_model: str = ""
    ram_id: str = ""


class CpuDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU model, and the features of it that this host cannot give (None: not told)."""

    name: str
    unavailable: tuple[str, ...] | None = None
    deprecated: bool = False


class QemuCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the emulator at the path `emulator` can do on this host."""

    emulator: str
    version: tuple[int, int, int]
    arch: str
    machines: tuple[MachineType, ...]
    cpus: tuple[CpuDefinition, ...]
    devices: frozenset[str]
    objects: frozenset[str] = frozenset()
    kvm_usable: bool = False

    @property
    def version_number(self) -> int:
        """The version in libvirt's form: 1,000,000 * major + 1,000 * minor + micro."""
        major, minor, micro = self.version
        return major * 1_000_000 + minor * 1_000 + micro

    @property
    def domain_types(self) -> tuple[str, ...]:
        """The domain types that this emulator runs here."""
        return ("qemu", "kvm") if self.kvm_usable else ("qemu",)

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
    *,
    emulator: str,
    version: Mapping[str, Any],
    target: Mapping[str, Any],
    machines: Iterable[Mapping[str, Any]],
    cpu_definitions: Iterable[Mapping[str, Any]],
    devices: Iterable[Mapping[str, Any]],
    objects: Iterable[Mapping[str, Any]] = (),
    kvm_usable: bool = False,
) -> QemuCapabilities:
    """Capabilities from the replies to query-version, query-target, query-machines,
    query-cpu-definitions and qom-list-types.

    Raises HypervisorFailed when a reply does not have QMP's form.
    """
    try:
        release = version["qemu"]
        return QemuCapabilities(
            emulator=emulator,
            version=(int(release["major"]), int(release["minor"]), int(release["micro"])),
            arch=_ARCH_OF_TARGET.get(target["arch"], target["arch"]),
            machines=tuple(sorted(map(_machine, machines), key=_machine_order)),
            cpus=tuple(sorted(map(_cpu, cpu_definitions), key=lambda cpu: cpu.name)),
            devices=frozenset(device["name"] for device in devices),
            objects=frozenset(kind["name"] for kind in objects),
            kvm_usable=kvm_usable,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HypervisorFailed(
            f"{emulator} answers in a form that is not QMP's", cause=repr(error), operation="probe"
        ) from error


def _machine(reply: Mapping[str, Any]) -> MachineType:
    cpu = str(reply.get("default-cpu-type", ""))
    return MachineType(
        name=reply["name"],
        alias=reply.get("alias", ""),
        max_cpus=int(reply["cpu-max"]),
        default=bool(reply.get("is-default", False)),
        deprecated=bool(reply.get("deprecated", False)),
        cpu_model=cpu.removesuffix("-cpu").rpartition("-")[0],
        ram_id=reply.get("default-ram-id", ""),
    )


def _machine_order(machine: MachineType) -> tuple[bool, bool, str]:
    return not machine.default, not machine.alias, machine.name


def _cpu(reply: Mapping[str, Any]) -> CpuDefinition:
    unavailable = reply.get("unavailable-features")
    return CpuDefinition(
        name=reply["name"],
        unavailable=None if unavailable is None else tuple(unavailable),
        deprecated=bool(reply.get("deprecated", False)),
    )
