"""The machine itself: its type, emulator and processor."""

from __future__ import annotations

from typing import Literal

from virtbus.model.domain import Domain
from virtbus.model.domain.cpu import Cpu, CpuFeature, CpuModel
from virtbus.model.domain.features import Features, Gic
from virtbus.model.domain.security import SecurityLabel
from virtbus.model.engine.number_sets import number_set, numbers

from ..machine import Board
from ..words import invalid


def board_facts(domain: Domain, board: Board) -> None:
    """The full name of the machine type, the emulator, and the CPU model."""
    domain.os.type.kind = "hvm"
    domain.os.type.arch = board.arch
    domain.os.type.machine = board.machine.name
    domain.devices.emulator = domain.devices.emulator or board.caps.emulator
    if domain.cpu is None or domain.cpu.mode is None:
        _default_cpu(domain, board)
    if domain.cpu is not None:
        _settle_cpu(domain.cpu, domain.type, board)
    _interrupts(domain, board)
    _processors_of_cells(domain, board)
    if len(domain.seclabels) == 1:
        _label(domain.seclabels[0])
    if not board.new and board.s390 and board.machine.acpi is False and domain.features:
        domain.features.acpi = False  # once accepted, and never there


_OWN_MODEL_KNOWN = frozenset({
    "x86_64", "i686", "s390x", "s390", "ppc64", "ppc64le", "armv6l", "armv7b", "armv7l", "aarch64",
    "riscv64", "loongarch64",
})  # fmt: skip
"""Architectures whose documents name the machine's own model."""
_TELLS_WITH_KVM = ("x86_64", "i686", "s390x", "s390", "ppc64", "ppc64le")
"""Where the machine's own default model is one that KVM runs too."""


def _default_cpu(domain: Domain, board: Board) -> None:
    """The machine's own model, which need not run on every host, so it is not checked."""
    emulated = domain.type == "qemu"
    model = board.machine.cpu_model if emulated else board.machine.kvm_cpu_model
    if not model or board.arch not in (_OWN_MODEL_KNOWN if emulated else _TELLS_WITH_KVM):
        return
    cpu = domain.cpu = domain.cpu or Cpu()
    if model == "host":
        cpu.mode = "host-model" if board.s390 else "host-passthrough"
        return
    cpu.mode, cpu.match, cpu.check = "custom", "exact", "none"
    cpu.model = CpuModel(fallback="forbid", name=model)


def _settle_cpu(cpu: Cpu, domain_type: str, board: Board) -> None:
    """How the processor is checked, and whether a guest with it may move."""
    _vector_lengths(cpu)
    if cpu.mode == "host-passthrough" and cpu.migratable is None and board.x86:
        cpu.migratable = True
    if cpu.mode is None or cpu.check is not None:
        return
    if cpu.mode == "host-model" or (cpu.mode == "custom" and domain_type != "qemu"):
        cpu.check = "partial"
    else:
        cpu.check = "none"


def _vector_lengths(cpu: Cpu) -> None:
    """Lengths of Arm's vectors mean that there are vectors."""
    names = {feature.name: feature for feature in cpu.feature if feature.name.startswith("sve")}
    if not any(name != "sve" for name in names):
        return
    vectors = names.get("sve")
    if vectors is None:
        cpu.feature.append(CpuFeature(policy="require", name="sve"))
    elif vectors.policy in ("disable", "forbid"):
        raise invalid("cpu/feature", "SVE disabled, but SVE vector lengths provided", cpu.line)
    else:
        vectors.policy = "require"


def _processors_of_cells(domain: Domain, board: Board) -> None:
    """The first cell has the processors that are in no other."""
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    maximum = domain.vcpu.maximum or 1
    if not cells or maximum > board.machine.max_cpus:
        return
    if sum(len(numbers(cell.cpus)) for cell in cells) < maximum:
        others = {cpu for cell in cells[1:] for cpu in numbers(cell.cpus)}
        cells[0].cpus = number_set(set(range(maximum)) - others) or None


def _label(label: SecurityLabel) -> None:
    """The one that names no model has the host's: guests here have none."""
    if label.model is not None:
        return
    if label.type != "none" and (label.type != "dynamic" or label.baselabel):
        raise invalid("seclabel", "a 'model' is missing", label.line)
    label.model, label.type, label.relabel = "none", "none", None
    label.label = label.imagelabel = None


def _interrupts(domain: Domain, board: Board) -> None:
    """Arm's machine has a GIC."""
    features = domain.features or Features()
    if features.gic is None and board.arm_virt:
        features.gic = Gic()
    if features.gic is not None and features.gic.version is None:
        features.gic.version = _gic_version(domain.type, board)
    if features.gic:
        domain.features = features


def _gic_version(domain_type: str | None, board: Board) -> Literal["2", "3"]:
    """The newest that the host's kernel provides; 2 works where nothing is known of it.

    Emulated guests have 2: QEMU's own version 3 had no MSI for a long time.
    """
    if domain_type == "kvm" and any(gic.version == 3 and gic.kernel for gic in board.caps.gic):
        return "3"
    return "2"
