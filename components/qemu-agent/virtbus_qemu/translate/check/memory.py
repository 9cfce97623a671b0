"""Memory that can be plugged in: the room there is for it."""

from __future__ import annotations

from virtbus.model.domain import Domain

from ..machine import Board
from ..words import invalid, unsupported

_WITH_SLOT = ("dimm", "nvdimm")


def check_memory(domain: Domain, board: Board) -> None:
    """Refuse memory devices that nothing was set aside for."""
    devices = domain.devices.memories
    room = domain.max_memory
    if room is None:
        if devices:
            raise invalid("memory", "a memory device needs <maxMemory>", devices[0].line)
        return
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    if not cells and not board.ppc64 and not board.s390:
        raise unsupported("maxMemory", "without a NUMA cell", room.line)
    slots = sum(device.model in _WITH_SLOT for device in devices)
    if slots > (room.slots or 0):
        reason = f"{slots} memory devices need a slot, and there are {room.slots or 0}"
        raise invalid("maxMemory", reason, room.line)
