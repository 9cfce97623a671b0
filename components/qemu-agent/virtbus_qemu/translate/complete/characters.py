"""Serial ports, consoles and channels: what the guest sees of them."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
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
