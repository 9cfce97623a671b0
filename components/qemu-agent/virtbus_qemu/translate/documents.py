"""The capabilities documents, of what the emulators said."""

from __future__ import annotations

from collections.abc import Sequence

from virtbus.errors import InvalidArgument
from virtbus.model.capabilities import (
    CAPABILITIES,
    Capabilities,
    Guest,
    GuestArch,
    GuestDomain,
    GuestFeatures,
    Host,
    HostCpu,
    Machine,
    Toggle,
)
from virtbus.model.domain_capabilities import (
    DOMAIN_CAPABILITIES,
    Choices,
    CpuModeSupport,
    CpuSupport,
    DeviceSupport,
    DomainCapabilities,
    ModelEntry,
    OsSupport,
    Support,
    UsableModel,
    Vcpus,
)

from .capabilities import WORD_SIZES, QemuCapabilities


def capabilities(emulators: Sequence[QemuCapabilities], host_arch: str) -> str:
    """The host, and one <guest> per emulator."""
    return CAPABILITIES.format(
        Capabilities(
            host=Host(cpu=HostCpu(arch=host_arch)), guests=[_guest(each) for each in emulators]
        )
    )


def _guest(caps: QemuCapabilities) -> Guest:
    machines = [
        Machine(name=machine.name, max_cpus=machine.max_cpus) for machine in caps.machines
    ] + [
        Machine(name=machine.alias, canonical=machine.name, max_cpus=machine.max_cpus)
        for machine in caps.machines
        if machine.alias
    ]
    x86 = caps.arch in ("x86_64", "i686")
    return Guest(
        os_type="hvm",
        arch=GuestArch(
            name=caps.arch,
            wordsize=WORD_SIZES.get(caps.arch, 64),
            emulator=caps.emulator,
            machines=machines,
            domains=[
                GuestDomain(type=kind) for kind in ("qemu", "kvm") if kind in caps.domain_types
            ],
        ),
        features=GuestFeatures(
            acpi=Toggle(default=True, toggle=True) if x86 else None,
            apic=Toggle(default=True, toggle=False) if x86 else None,
            cpuselection=True,
            deviceboot=True,
        ),
    )


def domain_capabilities(caps: QemuCapabilities, machine: str | None, virt_type: str | None) -> str:
    """What a domain of that type may use on that machine; raises InvalidArgument, Unsupported."""
    chosen = caps.machine(machine)
    kind = virt_type or caps.domain_types[-1]
    if kind not in caps.domain_types:
        raise InvalidArgument(
            f"virt_type: {kind!r} does not run here; what does: {', '.join(caps.domain_types)}",
            field="virt_type",
            reason="not usable on this host",
        )
    return DOMAIN_CAPABILITIES.format(
        DomainCapabilities(
            path=caps.emulator,
            domain="kvm" if kind == "kvm" else "qemu",
            machine=chosen.name,
            arch=caps.arch,
            vcpu=Vcpus(max=chosen.max_cpus),
            os=OsSupport(supported=True, enums=[Choices(name="firmware", values=[])]),
            cpu=_cpu(caps, kind),
            devices=_devices(caps),
        )
    )


def _cpu(caps: QemuCapabilities, kind: str) -> CpuSupport:
    models: list[ModelEntry] = [
        UsableModel(
            name=cpu.name,
            usable="unknown" if cpu.unavailable is None else "no" if cpu.unavailable else "yes",
            deprecated=cpu.deprecated or None,
        )
        for cpu in sorted(caps.cpus, key=lambda cpu: cpu.name)
    ]
    return CpuSupport(
        modes=[
            CpuModeSupport(name="host-passthrough", supported=kind == "kvm"),
            CpuModeSupport(name="maximum", supported=True),
            CpuModeSupport(name="host-model", supported=False),
            CpuModeSupport(name="custom", supported=True, models=models),
        ]
    )


def _devices(caps: QemuCapabilities) -> DeviceSupport:
    buses = {
        "ide": "ide-hd",
        "fdc": "floppy",
        "scsi": "scsi-hd",
        "virtio": "virtio-blk-pci",
        "usb": "usb-storage",
        "sata": "ich9-ahci",
    }
    videos = {
        "vga": "VGA",
        "cirrus": "cirrus-vga",
        "qxl": "qxl-vga",
        "virtio": "virtio-vga",
        "bochs": "bochs-display",
        "ramfb": "ramfb",
    }
    return DeviceSupport(
        disk=Support(
            supported=True,
            enums=[
                Choices(name="diskDevice", values=["disk", "cdrom", "floppy"]),
                Choices(name="bus", values=[bus for bus, d in buses.items() if d in caps.devices]),
            ],
        ),
        graphics=Support(supported=True, enums=[Choices(name="type", values=["vnc"])]),
        video=Support(
            supported=True,
            enums=[
                Choices(
                    name="modelType",
                    values=[name for name, d in videos.items() if d in caps.devices] + ["none"],
                )
            ],
        ),
        rng=Support(
            supported="virtio-rng-pci" in caps.devices,
            enums=[Choices(name="backendModel", values=["random", "builtin"])],
        ),
    )
