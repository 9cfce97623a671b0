"""Where a device sits, in the words of -device."""

from __future__ import annotations

from typing import Any

from virtbus.model.domain.devices.address import Address, PciAddress, UsbAddress

from .machine import Board
from .words import invalid


def place_of(address: Address | None, board: Board) -> dict[str, Any]:
    """`bus` and `addr` of a device with a PCI address."""
    if not isinstance(address, PciAddress):
        raise invalid(
            "address", "expected an address of type 'pci'", address.line if address else 0
        )
    function = f".{address.function:#x}" if address.function else ""
    return {
        "bus": board.pci_bus(address.bus),
        "multifunction": True if address.multifunction else None,
        "addr": f"{address.slot:#x}{function}",
    }


def usb_place(address: Address | None) -> dict[str, Any]:
    """`bus` and `port` of a device on USB; without an address QEMU picks the port."""
    if address is None:
        return {"bus": "usb.0"}
    if not isinstance(address, UsbAddress):
        raise invalid("address", "expected an address of type 'usb'", address.line)
    bus = f"usb{address.bus}.0" if address.bus else "usb.0"
    return {"bus": bus, "port": address.port}
