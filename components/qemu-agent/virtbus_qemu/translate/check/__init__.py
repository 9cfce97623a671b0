"""What this emulator and machine cannot have, refused when a guest is defined.

Works on a completed document, changes nothing, raises on the first fault. One file per
family of devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from virtbus.model.domain import Domain

from ..capabilities import QemuCapabilities
from ..machine import Board, board_for
from .addresses import check_addresses
from .board import check_board
from .boot import check_boot
from .controllers import check_controllers
from .disks import check_disks
from .facilities import check_facilities
from .features import check_features
from .filesystems import check_filesystems
from .hostdevs import check_hostdevs
from .interfaces import check_interfaces
from .lines import check_lines
from .memory import check_memory
from .processors import check_processors
from .screens import check_screens
from .small import check_small

Check: TypeAlias = Callable[[Domain, Board], None]

CHECKS: tuple[Check, ...] = (
    check_board,
    check_processors,
    check_boot,
    check_features,
    check_memory,
    check_disks,
    check_filesystems,
    check_controllers,
    check_interfaces,
    check_lines,
    check_facilities,
    check_addresses,
    check_screens,
    check_hostdevs,
    check_small,
)


def check(domain: Domain, caps: QemuCapabilities) -> None:
    """Raise Unsupported or InvalidDocument for the first fault of a completed `domain`."""
    board = board_for(domain, caps)
    for each in CHECKS:
        each(domain, board)
