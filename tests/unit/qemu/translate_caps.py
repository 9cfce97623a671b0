"""What a QEMU 7.2 for x86_64 can do, as far as the tests of the translation ask for it."""

from virtbus_qemu.translate import (
    CpuDefinition,
    MachineType,
    QemuCapabilities,
    RuntimePaths,
)


def _machine(name: str, alias: str, max_cpus: int, *, default: bool = False) -> MachineType:
    return MachineType(
        name=name,
        alias=alias,
        max_cpus=max_cpus,
        default=default,
        cpu_model="qemu64",
        ram_id="pc.ram",
    )


CAPS = QemuCapabilities(
    emulator="/usr/bin/qemu-system-x86_64",
    version=(7, 2, 22),
    arch="x86_64",
    machines=(
        _machine("pc-i440fx-7.2", "pc", 255, default=True),
        _machine("pc-q35-7.2", "q35", 288),
        _machine("microvm", "", 288),
    ),
    cpus=tuple(
        CpuDefinition(name=name) for name in ("qemu64", "Nehalem", "Haswell-noTSX", "host", "max")
    ),
    devices=frozenset(),
    kvm_usable=True,
)
RUNTIME = RuntimePaths(
    monitor_fd=7, directory="/run/guest", now_s=1_700_000_000, tap_fds={"net0": (9,)}
)
