"""All devices of a guest that may have an address, in the order libvirt goes through them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, Protocol, cast

from ...engine.declare import Element, Kind
from ...engine.table import table_of
from ..devices import Devices
from ..devices.address import Address

ORDER = (
    "disk", "interface", "sound", "hostdev", "video", "controller", "smartcard", "serial",
    "parallel", "channel", "console", "input", "filesystem", "watchdog", "memballoon", "rng",
    "nvram", "hub", "shmem", "tpm", "panic", "memory", "redirdev", "iommu", "vsock", "crypto",
    "pstore",
)  # fmt: skip


class Addressed(Protocol):
    """A device with an address, or room for one."""

    address: Address | None
    line: int


class Placed(NamedTuple):
    """A device, and the name of its element."""

    kind: str
    device: Addressed


@cache
def _fields() -> dict[str, tuple[str, bool]]:
    """Where the devices of each element's name are, and whether there may be several."""
    declared = table_of(Devices).elements
    found = {kind: declared[kind] for kind in ORDER if kind in declared}
    return {
        kind: (field.name, field.kind is Kind.CHILDREN)
        for kind, field in found.items()
        if _has_address(field.element)
    }


def _has_address(cls: type[Element]) -> bool:
    """Whether a class of devices, or one of its kinds, has addresses."""
    table = table_of(cls)
    return "address" in table.elements or any(map(_has_address, table.variants.values()))


def of_kind(devices: Devices, kind: str) -> list[Addressed]:
    """The devices of one element's name; none when no such device is declared."""
    if kind not in _fields():
        return []
    name, many = _fields()[kind]
    value = getattr(devices, name)
    if many:
        return cast(list[Addressed], value)
    return [] if value is None else [value]


def all_placed(devices: Devices) -> Iterator[Placed]:
    """Every device, except the console that is only another name of the first serial port."""
    for kind, (name, many) in _fields().items():
        value = getattr(devices, name)
        if not value:
            continue
        for number, device in enumerate(value if many else (value,)):
            if not hasattr(device, "address"):
                continue
            if kind == "console" and number == 0 and _is_serial(device):
                continue
            yield Placed(kind, device)


def _is_serial(console: object) -> bool:
    target = getattr(console, "target", None)
    return target is None or target.type in (None, "serial")


def boot_orders(devices: Devices) -> list[int]:
    """The places in the boot order that devices themselves name."""
    boots = (getattr(device, "boot", None) for _, device in all_placed(devices))
    return [boot.order for boot in boots if boot is not None]
