"""Serial ports, consoles and channels: what the guest sees of them."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import VirtioSerialAddress
from virtbus.model.domain.devices.character import (
    Channel,
    Console,
    Serial,
    SerialTarget,
    SerialTargetModel,
)

from ..machine import Board


def characters(domain: Domain, board: Board) -> None:
    """The targets of serial ports."""
    for serial in domain.devices.serials:
        _serial_target(serial)


def _serial_target(serial: Serial) -> None:
    serial.target = serial.target or SerialTarget(port=0)
    target = serial.target
    if target.type in (None, "isa-serial"):
        target.type = "isa-serial"
        target.model = target.model or SerialTargetModel(name="isa-serial")


def virtio_consoles(devices: Devices) -> list[Console]:
    """The consoles that are devices of their own, not another name of a serial port."""
    return [c for c in devices.consoles if c.target and c.target.type == "virtio"]


def virtio_lines(devices: Devices) -> list[Channel | Console]:
    """The channels and consoles that are ports of a virtio-serial controller."""
    lines: list[Channel | Console] = [*devices.channels, *virtio_consoles(devices)]
    return [c for c in lines if c.target and c.target.type == "virtio"]


def serial_ports(devices: Devices) -> None:
    """Ports of virtio-serial controllers; port 0 is for a console, as libvirt keeps it."""
    used: set[tuple[int, int]] = set()
    lines = virtio_lines(devices)
    for line in lines:
        if isinstance(line.address, VirtioSerialAddress) and line.address.port is not None:
            used.add((line.address.controller, line.address.port))
    for line in lines:
        address = line.address
        if address is None:
            address = line.address = VirtioSerialAddress()
        if isinstance(address, VirtioSerialAddress) and address.port is None:
            first = 0 if isinstance(line, Console) else 1
            taken = {port for controller, port in used if controller == address.controller}
            address.port = next(p for p in range(first, 4096) if p not in taken)
            used.add((address.controller, address.port))
