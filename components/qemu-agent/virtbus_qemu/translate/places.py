"""Where a device sits, and what kind of virtio device it is there, in the words of -device."""

from __future__ import annotations

from typing import Any, Protocol

from virtbus.model.domain.devices.address import (
    Address,
    CcwAddress,
    DimmAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)

from .machine import Board
from .words import invalid

_VIRTIO_SUFFIX = {"pci": "pci", "virtio-mmio": "device", "ccw": "ccw"}
_VARIANTS = ("transitional", "non-transitional")


class VirtioOptions(Protocol):
    """A <driver> with virtio's own options."""

    iommu: bool | None
    ats: bool | None
    packed: bool | None
    page_per_vq: bool | None


def place_of(
    address: Address | None, board: Board, *, acpi_index: int | None = None
) -> dict[str, Any]:
    """The properties that put a device where its address says; none for no address."""
    match address:
        case PciAddress():
            place = address.place
            function = f".{place.function:#x}" if place.function else ""
            return {
                "bus": board.pci_bus(place.bus),
                "multifunction": address.multifunction,
                "addr": f"{place.slot:#x}{function}",
                "acpi-index": acpi_index,
            }
        case UsbAddress():
            return {"bus": f"{board.bus('usb', address.bus)}.0", "port": address.port}
        case SpaprVioAddress():
            return {"reg": address.reg or None}
        case CcwAddress():
            return {"devno": _devno(address)}
        case IsaAddress():
            return {"iobase": address.iobase or 0, "irq": address.irq}
        case DimmAddress():
            return {"slot": address.slot, "addr": address.base}
        case VirtioSerialAddress():
            bus = f"{board.bus('virtio-serial', address.controller)}.{address.bus}"
            return {"bus": bus, "nr": address.port}
    return {}


class Indexed(Protocol):
    """A device with a place, and a number in the firmware's tables."""

    address: Any
    acpi: Any


def device_place(device: Indexed, board: Board) -> dict[str, Any]:
    """As `place_of`, with the device's number in the firmware's tables."""
    index = device.acpi.index if device.acpi is not None else None
    return place_of(device.address, board, acpi_index=index)


def _devno(address: CcwAddress) -> str:
    return f"{address.cssid or 0:x}.{address.ssid or 0:x}.{address.devno or 0:04x}"


def virtio_driver(base: str, address: Address | None, model: str | None = None) -> str:
    """The name of a virtio device on the bus of its address: virtio-blk-pci-transitional.

    Raises InvalidDocument for an address no virtio device has.
    """
    suffix = _VIRTIO_SUFFIX.get(address.type) if address is not None else None
    if suffix is None:
        kind = address.type if address is not None else "none"
        line = address.line if address is not None else 0
        raise invalid("address", f"{base} cannot have an address of type '{kind}'", line)
    variant = (model or "").removeprefix("virtio-")
    return f"{base}-{suffix}-{variant}" if variant in _VARIANTS else f"{base}-{suffix}"


def virtio_options(driver: VirtioOptions | None) -> dict[str, Any]:
    """Virtio's own options of a <driver>."""
    if driver is None:
        return {}
    return {
        "iommu_platform": driver.iommu,
        "ats": driver.ats,
        "packed": driver.packed,
        "page-per-vq": driver.page_per_vq,
    }
