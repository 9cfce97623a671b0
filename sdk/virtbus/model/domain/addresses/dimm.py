"""Slots for memory modules."""

from __future__ import annotations

from ..devices import Devices
from ..devices.address import DimmAddress
from .faults import bad_address
from .placed import of_kind

MODULES = ("dimm", "nvdimm")


def assign_dimm(devices: Devices, slots: int) -> None:
    """Give each memory module one of the guest's slots. Raises InvalidDocument for too many."""
    modules = [m for m in of_kind(devices, "memory") if getattr(m, "model", None) in MODULES]
    used = {m.address.slot for m in modules if isinstance(m.address, DimmAddress)}
    for module in modules:
        if not isinstance(module.address, DimmAddress):
            slot = next((n for n in range(slots) if n not in used), None)
            if slot is None:
                raise bad_address("memory", f"all {slots} memory slots are taken", module.line)
            used.add(slot)
            module.address = DimmAddress(slot=slot)
