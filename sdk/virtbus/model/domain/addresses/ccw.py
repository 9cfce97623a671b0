"""Device numbers on the s390 channel subsystem."""

from __future__ import annotations

from ..devices import Devices
from ..devices.address import CcwAddress
from .faults import bad_address
from .placed import all_placed

VIRTIO_CSSID = 0xFE
MAX_SSID = 3
MAX_DEVNO = 0xFFFF


def assign_ccw(devices: Devices) -> None:
    """Give each device with an open ccw address the next free device number.

    Raises InvalidDocument for one that is used twice.
    """
    used: set[tuple[int, int, int]] = set()
    waiting: list[CcwAddress] = []
    for kind, device in all_placed(devices):
        address = device.address
        if not isinstance(address, CcwAddress):
            continue
        if address.devno is None:
            waiting.append(address)
            continue
        number = (address.cssid or 0, address.ssid or 0, address.devno)
        if number in used:
            text = f"{number[0]:x}.{number[1]:x}.{number[2]:04x}"
            raise bad_address(kind, f"ccw number {text} is used already", address.line)
        used.add(number)
    following = iter(
        (VIRTIO_CSSID, ssid, devno)
        for ssid in range(MAX_SSID + 1)
        for devno in range(MAX_DEVNO + 1)
        if (VIRTIO_CSSID, ssid, devno) not in used
    )
    for address in waiting:
        address.cssid, address.ssid, address.devno = next(following)
