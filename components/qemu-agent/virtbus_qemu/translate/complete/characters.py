"""Serial ports, consoles and channels: what the guest sees of them."""

from __future__ import annotations

import re

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.character import (
    Channel,
    Console,
    Serial,
    SerialModel,
    SerialTarget,
    SerialTargetModel,
    SerialTargetType,
)
from virtbus.model.domain.devices.character_source import CharacterSource
from virtbus.model.domain.lines import mirror_console

from ..machine import Board

_MODEL_OF_TYPE: dict[str, SerialModel] = {
    "isa-serial": "isa-serial",
    "usb-serial": "usb-serial",
    "pci-serial": "pci-serial",
    "spapr-vio-serial": "spapr-vty",
    "sclp-serial": "sclpconsole",
    "isa-debug": "isa-debugcon",
}
_OTHERS_PATH = re.compile(
    r"(?:/var/lib|/var/run|/run)/libvirt/qemu/(?:channel/)?(?:target/)?"
    r"(?:domain-[^/]+/|[0-9]+-[^/]+/|[^/]+?\.)([^/]+)",
    re.ASCII,
)
"""Where libvirt puts the sockets of channels that are given none."""


def characters(domain: Domain, board: Board) -> None:
    """The targets of serial ports; the sockets of channels are made at each start."""
    for serial in domain.devices.serials:
        _serial_target(serial, board)
    for channel in domain.devices.channels:
        _forget_path(channel)


def mirror_consoles(domain: Domain, board: Board) -> None:
    """What a first serial port got stands in the console that is its other name, too."""
    mirror_console(domain.devices)


def _serial_target(serial: Serial, board: Board) -> None:
    target = serial.target = serial.target or SerialTarget(port=0)
    if target.type in (None, "isa-serial"):  # which were the same, once
        target.type = _own_type(board)
    if target.model is None and target.type is not None:
        model = _MODEL_OF_TYPE.get(target.type) or _built_in(board)
        target.model = SerialTargetModel(name=model) if model else None


def _own_type(board: Board) -> SerialTargetType | None:
    if board.x86:
        return "isa-serial"
    if board.pseries:
        return "spapr-vio-serial"
    if board.arm_virt or board.loongarch_virt or board.riscv_virt:
        return "system-serial"
    return "sclp-serial" if board.s390 else None


def _built_in(board: Board) -> SerialModel | None:
    if board.arm_virt:
        return "pl011"
    return "16550a" if board.loongarch_virt or board.riscv_virt else None


def _forget_path(channel: Channel) -> None:
    """A path that was made for an earlier run belongs to that run; the guest's end waits there."""
    target, source = channel.target, channel.source
    if target is None or target.type != "virtio" or channel.type != "unix" or source is None:
        return
    path = source.path or ""
    ours = target.name is not None and path.endswith(target.name)
    if ours and _OTHERS_PATH.fullmatch(path):
        again = source.reconnect
        waits = CharacterSource(mode="bind", reconnect=again, line=source.line)
        channel.sources = [waits] if again and again.enabled is not None else []


def virtio_consoles(devices: Devices) -> list[Console]:
    """The consoles that are devices of their own, not another name of a serial port."""
    return [c for c in devices.consoles if c.target and c.target.type == "virtio"]
