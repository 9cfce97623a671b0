"""Processors: how many and in which groups, and what may be said of each."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.cpu import Cpu, CpuCache, MaxPhysAddr

from ..machine import Board
from ..words import invalid, unsupported

_OF_HOST = ("host-passthrough", "maximum")
EMULATED_CACHE_LEVEL = 3


def check_processors(domain: Domain, board: Board) -> None:
    """Refuse more processors than the machine type can have, or others than the groups make."""
    machine, vcpu = board.machine, domain.vcpu
    maximum = vcpu.maximum or 1
    if maximum > machine.max_cpus:
        reason = f"{machine.name} has at most {machine.max_cpus} processors"
        raise invalid("vcpu", reason, vcpu.line)
    cpu = domain.cpu
    if cpu is None:
        return
    topology = cpu.topology
    if topology is not None and topology.count() != maximum:
        reason = f"it makes {topology.count()} processors, and <vcpu> has {maximum}"
        raise invalid("cpu/topology", reason, topology.line)
    if topology is not None and board.pseries and (vcpu.current or maximum) % topology.threads:
        reason = f"cores come whole: a multiple of {topology.threads} processors"
        raise invalid("vcpu", reason, vcpu.line)
    if cpu.maxphysaddr is not None:
        _address_bits(cpu.maxphysaddr, board)
    if cpu.cache is not None:
        _cache(cpu.cache, cpu, board)


def _address_bits(address: MaxPhysAddr, board: Board) -> None:
    if not board.x86:
        raise unsupported("cpu/maxphysaddr", f"on {board.arch}", address.line)
    if address.mode == "passthrough" and address.bits is not None:
        reason = "mode 'passthrough' has the host's bits, and no 'bits'"
        raise invalid("cpu/maxphysaddr", reason, address.line)


def _cache(cache: CpuCache, cpu: Cpu, board: Board) -> None:
    if not board.x86:
        raise unsupported("cpu/cache", f"on {board.arch}", cache.line)
    if cache.mode == "emulate":
        if cache.level != EMULATED_CACHE_LEVEL:
            raise invalid("cpu/cache", "mode 'emulate' needs level='3'", cache.line)
        return
    if cache.mode == "passthrough" and cpu.mode not in _OF_HOST:
        reason = "mode 'passthrough' needs a <cpu> of mode 'host-passthrough' or 'maximum'"
        raise invalid("cpu/cache", reason, cache.line)
    if cache.level is not None:
        raise invalid("cpu/cache", f"mode '{cache.mode}' has no 'level'", cache.line)
