"""Registers on a pSeries guest's virtual bus."""

from __future__ import annotations

from collections.abc import Callable

from ..devices import Devices
from ..devices.address import SpaprVioAddress
from .faults import bad_address
from .placed import Placed, all_placed, of_kind

FIRST_REGISTERS = {
    "interface": 0x1000,
    "controller": 0x2000,
    "serial": 0x30000000,
    "nvram": 0x3000,
    "tpm": 0x4000,
}
"""Where each family begins; the same that QEMU counts from."""
STEP = 0x1000


def assign_spapr_vio(devices: Devices, belongs: Callable[[Placed], bool]) -> None:
    """Put the devices that belong there on the bus, and give each a register.

    Raises InvalidDocument for a register that is used twice.
    """
    mine = [
        placed
        for kind in FIRST_REGISTERS
        for placed in (Placed(kind, device) for device in of_kind(devices, kind))
        if belongs(placed) or isinstance(placed.device.address, SpaprVioAddress)
    ]
    everything = list(all_placed(devices)) if mine else []
    for placed in mine:
        if not isinstance(placed.device.address, SpaprVioAddress):
            placed.device.address = SpaprVioAddress()
        _settle(placed, everything)


def _settle(placed: Placed, everything: list[Placed]) -> None:
    address = placed.device.address
    assert isinstance(address, SpaprVioAddress)
    others = {
        other.device.address.reg
        for other in everything
        if isinstance(other.device.address, SpaprVioAddress) and other.device is not placed.device
    }
    if address.reg is not None:
        if address.reg in others:
            reason = f"spapr-vio register {address.reg:#x} is used already"
            raise bad_address(placed.kind, reason, address.line)
        return
    address.reg = FIRST_REGISTERS[placed.kind]
    while address.reg in others:
        address.reg += STEP
