"""The guest without its devices: what the machine has room for."""

from __future__ import annotations

from virtbus.model.domain import Domain

from ..machine import Board
from ..words import invalid


def check_board(domain: Domain, board: Board) -> None:
    """Refuse more processors than the machine type can have."""
    machine, vcpu = board.machine, domain.vcpu
    if (vcpu.maximum or 1) > machine.max_cpus:
        raise invalid(
            "vcpu", f"{machine.name} has at most {machine.max_cpus} processors", vcpu.line
        )
