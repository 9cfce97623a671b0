"""Sizes of memory as QEMU takes them: rounded up when a guest starts, as libvirt does."""

from __future__ import annotations

from virtbus.model.domain import Domain

from .words import invalid

MAX_KIB = (2**63 - 1) // 1024
WHOLE_KIB, MODULE_KIB, POWER_KIB = 1024, 2048, 256 * 1024


def align_memory(domain: Domain, arch: str) -> None:
    """Round up the guest's memory, its NUMA cells, its devices, and what it may grow to."""
    power = arch.startswith("ppc64")
    whole_kib = POWER_KIB if power else WHOLE_KIB
    module_kib = POWER_KIB if power else MODULE_KIB
    modules = domain.devices.memories
    plain_kib = domain.memory.size_kib - sum(module.target.size.size_kib for module in modules)
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    for cell in cells:
        cell.memory, cell.unit = _up(cell.size_kib, whole_kib), "KiB"
        if cell.memory > MAX_KIB:
            raise invalid(
                "cpu/numa/cell", f"{cell.memory} KiB are more than there can be", cell.line
            )
    plain_kib = sum(cell.memory for cell in cells) or _up(plain_kib, whole_kib)
    if domain.max_memory is not None:
        domain.max_memory.size_kib = _up(domain.max_memory.size_kib, whole_kib)
    for module in modules:
        size = module.target.size
        if power and module.model == "nvdimm":
            size.size_kib = _label_aside(module.target.label_kib, size.size_kib)
        else:
            size.size_kib = _up(size.size_kib, module_kib)
    modules_kib = sum(module.target.size.size_kib for module in modules)
    domain.memory.size_kib = plain_kib + modules_kib


def _up(size_kib: int, unit_kib: int) -> int:
    return -(-size_kib // unit_kib) * unit_kib


def _label_aside(label_kib: int, size_kib: int) -> int:
    """On Power what is beside the label is whole, and rounded down: a file is not enlarged."""
    return (size_kib - label_kib) // POWER_KIB * POWER_KIB + label_kib
