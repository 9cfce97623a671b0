"""The machine itself: its type, emulator, processor and what it boots from."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Boot
from virtbus.model.domain.cpu import Cpu, CpuModel

from ..machine import Board


def board_facts(domain: Domain, board: Board) -> None:
    """The full name of the machine type, the emulator, the CPU model and the boot order."""
    domain.os.type.kind = "hvm"
    domain.os.type.arch = board.caps.arch
    domain.os.type.machine = board.machine.name
    domain.devices.emulator = domain.devices.emulator or board.caps.emulator
    _boot(domain)
    if domain.cpu is None or (domain.cpu.mode is None and domain.cpu.model is None):
        _default_cpu(domain, board.machine.cpu_model)


def _boot(domain: Domain) -> None:
    """A guest of which nothing is said boots from its first disk."""
    orders = [device.boot for device in domain.devices.disks]
    orders += [device.boot for device in domain.devices.interfaces]
    if not domain.os.boot and not any(orders):
        domain.os.boot = [Boot(dev="hd")]


def _default_cpu(domain: Domain, model: str) -> None:
    if not model:
        return
    cpu = domain.cpu = domain.cpu or Cpu()
    cpu.mode, cpu.match, cpu.check = "custom", "exact", "none"
    cpu.model = CpuModel(fallback="forbid", name=model)
