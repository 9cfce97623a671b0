"""How much memory the guest has."""

from __future__ import annotations

from virtbus.model.domain import Domain

from ..machine import Board

MIB_KIB = 1024


def memory(domain: Domain, board: Board) -> None:
    """QEMU takes whole MiB; as libvirt, round up."""
    whole, current = domain.memory, domain.current_memory
    whole.size_kib = -(-whole.size_kib // MIB_KIB) * MIB_KIB
    if current is not None:
        current.size_kib = min(current.size_kib, whole.size_kib)
