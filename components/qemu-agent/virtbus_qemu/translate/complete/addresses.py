"""Addresses: where each device sits on its bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.controller import Controller
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.input import Input
from virtbus.model.domain.devices.interface import Interface
from virtbus.model.domain.devices.rng import Rng
from virtbus.model.domain.devices.small import MemBalloon, Watchdog
from virtbus.model.domain.devices.video import Video

from ..machine import Board
from .characters import serial_ports
from .pci import PciBuses, complete_pci_controller

PciDevice: TypeAlias = Controller | Interface | Disk | MemBalloon | Rng | Watchdog | Video | Input
CONVENTIONAL_NICS = ("rtl8139", "e1000", "ne2k_pci", "pcnet", "i82551", "i82557b", "i82559er")


def addresses(domain: Domain, board: Board) -> None:
    """A place for every device that has none; refuses places that cannot be had."""
    serial_ports(domain.devices)
    _pci(domain.devices, board)


def _pci(devices: Devices, board: Board) -> None:
    buses = PciBuses(board, devices.controllers)
    for controller in devices.controllers:
        if controller.type == "pci":
            if controller.address is not None:
                buses.reserve(controller.address, "controller")
            complete_pci_controller(controller)
    waiting: list[PciDevice] = []
    for device in pci_devices(devices):
        if device.address is not None:
            if not _is_built_in(device, board):
                buses.reserve(device.address, "device")
        else:
            waiting.append(device)
    for controller in devices.controllers:
        if controller.type == "pci" and controller.address is None and controller.index:
            controller.address = buses.next_slot(express=False)
            complete_pci_controller(controller)
    _settle_video(devices, buses, waiting)
    for device in waiting:
        if device.address is None:
            _give(device, buses, board)


def _settle_video(devices: Devices, buses: PciBuses, waiting: list[PciDevice]) -> None:
    """The first graphics card has the place that firmware and guests expect it in."""
    if devices.videos and devices.videos[0] in waiting:
        slot = 1 if buses.board.q35 else 2
        devices.videos[0].address = buses.try_reserve(0, slot)


def _give(device: PciDevice, buses: PciBuses, board: Board) -> None:
    if isinstance(device, Controller) and (device.model or "").startswith("piix"):
        device.address = buses.try_reserve(0, 1, 2)
        if device.address is not None:
            return
    if _is_built_in(device, board):
        return
    conventional = isinstance(device, Watchdog | Video) or (
        isinstance(device, Interface)
        and device.model is not None
        and device.model.type in CONVENTIONAL_NICS
    )
    device.address = buses.next_slot(express=not conventional)


def _is_built_in(device: PciDevice, board: Board) -> bool:
    """Whether the machine has that controller without being asked."""
    if not isinstance(device, Controller):
        return False
    if device.index != 0:
        return False
    return device.type == ("sata" if board.q35 else "ide")


def pci_devices(devices: Devices) -> Iterator[PciDevice]:
    """All that sits on a PCI bus, in the order in which libvirt gives addresses."""
    yield from devices.interfaces
    for controller in devices.controllers:
        if controller.type in ("scsi", "virtio-serial", "usb", "sata"):
            if not (controller.type == "usb" and controller.model == "none"):
                yield controller
        elif controller.type == "ide" and controller.address is not None:
            yield controller
    yield from (disk for disk in devices.disks if disk.target.bus == "virtio")
    if devices.memballoon is not None and devices.memballoon.model != "none":
        yield devices.memballoon
    yield from devices.rngs
    yield from (dog for dog in devices.watchdogs if dog.model == "i6300esb")
    yield from (v for v in devices.videos if v.model.type not in ("none", "ramfb"))
    yield from (device for device in devices.inputs if device.bus == "virtio")
