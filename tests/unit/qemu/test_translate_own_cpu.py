"""The processor and interrupt controller of guests whose documents name none."""

from __future__ import annotations

from typing import Any

import pytest

from virtbus.model.domain import apply_defaults, parse_domain
from virtbus_qemu.translate import QemuCapabilities, complete, parse_capabilities

VERSION = {"qemu": {"major": 9, "minor": 1, "micro": 0}}


def capabilities(target: str, machine: str, **more: Any) -> QemuCapabilities:
    cpus = {
        "ppc64": [("power9", "power9_v2.0-powerpc64-cpu"), ("p9", "power9_v2.0-powerpc64-cpu")],
        "s390x": [("host", "host-s390x-cpu"), ("qemu", "qemu-s390x-cpu")],
        "aarch64": [("cortex-a15", "cortex-a15-arm-cpu")],
        "sparc": [("LEON2", "LEON2-sparc-cpu")],
    }[target]
    replies: dict[str, Any] = {
        "version": VERSION,
        "target": {"arch": target},
        "machines": [{"name": machine, "cpu-max": 8, "default-cpu-type": cpus[-1][1]}],
        "cpu_definitions": [{"name": name, "typename": kind} for name, kind in cpus],
        "devices": [],
    }
    return parse_capabilities("/usr/bin/qemu", replies | more, kvm_usable=True)


def completed(caps: QemuCapabilities, kind: str) -> Any:
    machine = caps.machines[0].name
    domain = parse_domain(
        f"<domain type='{kind}'><name>g</name><memory>65536</memory><os>"
        f"<type arch='{caps.arch}' machine='{machine}'>hvm</type></os><devices>"
        "<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"
    )
    apply_defaults(domain, uuid="00010203-0405-4607-8809-0a0b0c0d0e0f", macs=iter(()))
    complete(domain, caps)
    return domain


POWER_WITH_KVM = {
    "machines_kvm": [{"name": "pseries", "cpu-max": 8, "default-cpu-type": "host-powerpc64-cpu"}],
    "cpu_definitions_kvm": [{"name": "power9", "typename": "host-powerpc64-cpu"}],
}


@pytest.mark.parametrize(
    "target, machine, kind, more, mode, model",
    [
        ("ppc64", "pseries", "qemu", {}, "custom", "POWER9"),
        ("ppc64", "pseries", "kvm", {}, "host-passthrough", None),
        ("ppc64", "pseries", "kvm", POWER_WITH_KVM, "custom", "POWER9"),
        ("s390x", "s390-ccw-virtio", "qemu", {}, "custom", "qemu"),
        ("s390x", "s390-ccw-virtio", "kvm", {}, "host-model", None),
        ("aarch64", "virt", "qemu", {}, "custom", "cortex-a15"),
        ("aarch64", "virt", "kvm", {}, None, None),
        ("sparc", "SS-5", "qemu", {}, None, None),
        ("sparc", "SS-5", "qemu", {"cpu_definitions": None}, None, None),
    ],
)
def test_the_machines_own_processor(
    target: str, machine: str, kind: str, more: dict[str, Any], mode: str | None, model: str | None
) -> None:
    cpu = completed(capabilities(target, machine, **more), kind).cpu
    assert (cpu and cpu.mode) == mode
    assert (cpu and cpu.model and cpu.model.name) == model


BOTH = [
    {"version": 2, "emulated": True, "kernel": True},
    {"version": 3, "emulated": True, "kernel": True},
]


@pytest.mark.parametrize(
    "kind, gic, version",
    [
        ("kvm", BOTH, "3"),
        ("kvm", BOTH[:1], "2"),
        ("kvm", [{"version": 3, "emulated": True, "kernel": False}], "2"),
        ("kvm", None, "2"),
        ("qemu", BOTH, "2"),
    ],
)
def test_the_interrupt_controller_is_what_the_host_has(
    kind: str, gic: list[dict[str, Any]] | None, version: str
) -> None:
    domain = completed(capabilities("aarch64", "virt", gic=gic), kind)
    assert domain.features.gic.version == version
