"""The identifiers that PCI functions have on s390."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..devices import Devices
from ..devices.address import PciAddress, Zpci
from .faults import bad_address
from .placed import Placed, all_placed

MAX_UID = 0xFFFF
MAX_FID = 0xFFFFFFFF


def assign_zpci(devices: Devices, supports: Callable[[Placed], bool]) -> None:
    """Give each PCI device a user identifier and a function identifier; those given stay.

    Raises InvalidDocument for one that is used twice.
    """
    uids: set[int] = set()
    fids: set[int] = set()
    addressed = [
        (placed.kind, placed.device.address)
        for placed in all_placed(devices)
        if isinstance(placed.device.address, PciAddress) and supports(placed)
    ]
    given = [(kind, address) for kind, address in addressed if address.zpci is not None]
    for pairs in (given, addressed):
        for kind, address in pairs:
            if pairs is addressed and address.zpci is not None:
                continue
            zpci = address.zpci = address.zpci or Zpci()
            zpci.uid = _settled(zpci.uid, uids, range(1, MAX_UID + 1), kind, address)
            zpci.fid = _settled(zpci.fid, fids, range(MAX_FID + 1), kind, address)


def _settled(
    value: int | None, used: set[int], numbers: Iterable[int], kind: str, address: PciAddress
) -> int:
    if value is None:
        value = next((n for n in numbers if n not in used), None)
    if value is None or value in used:
        raise bad_address(kind, f"zpci identifier {value} is used already", address.line)
    used.add(value)
    return value
