"""Where memory devices lie in the guest's memory: none over another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .devices.address import DimmAddress
from .devices.memory import MemoryDevice

if TYPE_CHECKING:
    from .devices import Devices

_PAGE_KIB = 4


def memory_device_problems(devices: Devices) -> Iterator[str]:
    """Slots and places that two devices would have."""
    slots: set[int] = set()
    taken: list[tuple[int, int]] = []
    for device in devices.memories:
        if isinstance(device.address, DimmAddress) and device.address.slot is not None:
            if device.address.slot in slots:
                yield f"memory slot {device.address.slot} is used more than once"
            slots.add(device.address.slot)
        start = _start(device)
        if not start:
            continue
        end = start + _mapped_kib(device) * 1024
        for other, other_end in taken:
            if start < other_end and other < end:
                yield f"a memory device at {start:#x} overlaps with the one at {other:#x}"
        taken.append((start, end))


def _start(device: MemoryDevice) -> int:
    """The first byte of the guest's memory that is the device's; 0 when it is not told."""
    if device.model in ("virtio-mem", "virtio-pmem"):
        return (device.target.address.base or 0) if device.target.address else 0
    return (device.address.base or 0) if isinstance(device.address, DimmAddress) else 0


def _mapped_kib(device: MemoryDevice) -> int:
    """What of it the guest sees as memory: all but an NVDIMM's label."""
    size_kib = device.target.size.size_kib
    if device.model != "nvdimm":
        return size_kib
    source = device.source
    align_kib = source.alignsize.size_kib if source and source.alignsize else _PAGE_KIB
    return size_kib - -(-device.target.label_kib // align_kib) * align_kib
