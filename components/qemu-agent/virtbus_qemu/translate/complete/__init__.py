"""A document completed for one machine: what libvirt's QEMU driver adds to it.

The hardware a guest sees is settled here, once, when it is defined; `complete` changes
nothing in a document that is complete. One file per family of devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from virtbus.model.domain import Domain, settle_devices

from ..capabilities import QemuCapabilities
from ..firmware import HostFirmware
from ..machine import Board, board_for
from .addresses import addresses
from .board import board_facts
from .characters import characters, mirror_consoles
from .controllers import controller_models, machine_controllers
from .disks import disks
from .facilities import facilities
from .firmware import firmware as choose_firmware
from .interfaces import interfaces
from .machine_devices import machine_devices
from .screens import screens
from .small import small

Step: TypeAlias = Callable[[Domain, Board], None]


def _implicit(domain: Domain, board: Board) -> None:
    settle_devices(domain)


STEPS: tuple[Step, ...] = (
    board_facts,
    choose_firmware,
    machine_devices,
    machine_controllers,
    disks,
    interfaces,
    characters,
    facilities,
    screens,
    small,
    _implicit,
    controller_models,
    addresses,
    mirror_consoles,
)
"""In this order: what a step settles the ones after it may rely on."""


def complete(
    domain: Domain,
    caps: QemuCapabilities,
    *,
    new: bool = False,
    starting: bool = False,
    firmware: HostFirmware | None = None,
) -> None:
    """Settle all that `domain` leaves open for this emulator. Pure apart from `domain`.

    Expects the generic defaults (`virtbus.model.domain.apply_defaults`) to be there. `new`:
    a definition that was never kept, so what no guest has seen may be chosen as is best
    today; `starting`: the guest is about to run; `firmware`: what the host has, without which
    none is chosen. On return: machine type by its full name,
    emulator, CPU model, controllers, models, and addresses on every bus.
    Raises Unsupported or InvalidDocument for what cannot be had.
    """
    board = board_for(domain, caps, new=new, starting=starting, firmware=firmware)
    for step in STEPS:
        step(domain, board)
