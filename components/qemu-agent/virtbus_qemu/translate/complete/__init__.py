"""A document completed for one machine: what libvirt's QEMU driver adds to it.

The hardware a guest sees is settled here, once, when it is defined; `complete` changes
nothing in a document that is complete. One file per family of devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from virtbus.model.domain import Domain

from ..capabilities import QemuCapabilities
from ..machine import Board, board_for
from .addresses import addresses
from .board import board_facts
from .characters import characters
from .controllers import controllers
from .disks import disks
from .interfaces import interfaces
from .memory import memory
from .screens import screens
from .small import small

Step: TypeAlias = Callable[[Domain, Board], None]

STEPS: tuple[Step, ...] = (
    board_facts,
    memory,
    disks,
    interfaces,
    characters,
    screens,
    small,
    controllers,
    addresses,
)


def complete(domain: Domain, caps: QemuCapabilities) -> None:
    """Settle all that `domain` leaves open for this emulator. Pure apart from `domain`.

    Expects the generic defaults (`virtbus.model.domain.apply_defaults`) to be there. On
    return: machine type by its full name, emulator, CPU model, controllers, models, and
    addresses on every bus. Raises Unsupported or InvalidDocument for what cannot be had.
    """
    board = board_for(domain, caps)
    for step in STEPS:
        step(domain, board)
