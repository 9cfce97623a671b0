"""PCI places of PCs that are taken: built-in devices, and those that firmware and guests expect."""

from __future__ import annotations

from virtbus.model.domain.addresses.faults import bad_address
from virtbus.model.domain.addresses.pci import give, write
from virtbus.model.domain.addresses.pci_bus import CONVENTIONAL, Connect
from virtbus.model.domain.addresses.pci_set import PciBuses
from virtbus.model.domain.addresses.placed import Addressed, Placed
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import PciAddress, PciPlace, is_pci_open
from virtbus.model.domain.devices.controller import Controller

from ..machine import Board
from .pci_connect import connect_on

_PIIX3_SLOT = 1
_PIIX3_IDE = PciPlace(0, _PIIX3_SLOT, 1)
_PIIX3_USB = PciPlace(0, _PIIX3_SLOT, 2)
_PIIX3_OTHERS = (PciPlace(0, _PIIX3_SLOT, 0), PciPlace(0, _PIIX3_SLOT, 3))
_PIIX3_VIDEO_SLOT = 2

_ICH9_SATA = PciPlace(0, 0x1F, 2)
_ICH9_OTHERS = (PciPlace(0, 0x1F, 0), PciPlace(0, 0x1F, 3))
_ICH9_USB_SLOTS = (0x1D, 0x1A)
_ICH9_BRIDGE_SLOT = 0x1E
_ICH9_SOUND_SLOT = 0x1B
_ICH9_VIDEO_SLOT = 1
_NOT_ON_PCI = ("none", "ramfb")


def reserve_chipset(devices: Devices, buses: PciBuses, board: Board) -> None:
    """Take the places of the machine's own devices. Raises InvalidDocument for a clash."""
    if not buses.buses:
        return
    if board.i440fx:
        _piix3(devices, buses)
    if board.q35:
        _ich9(devices, buses)


def is_piix3(placed: Placed) -> bool:
    """Whether it is the IDE or USB controller that a PC with PCI has by itself."""
    device = placed.device
    if not isinstance(device, Controller) or not isinstance(device.address, PciAddress):
        return False
    place = device.address.place
    return (place == _PIIX3_IDE and _is_first_ide(device)) or (
        place == _PIIX3_USB and _is_first_usb(device)
    )


def _is_first_ide(controller: Controller) -> bool:
    return controller.type == "ide" and controller.index == 0


def _is_first_usb(controller: Controller) -> bool:
    first = controller.type == "usb" and controller.index == 0
    return first and controller.model in (None, "piix3-uhci")


def _piix3(devices: Devices, buses: PciBuses) -> None:
    for controller in devices.controllers:
        if _is_first_ide(controller):
            _fixed(controller, _PIIX3_IDE, "the first IDE controller")
            buses.reserve(_PIIX3_IDE, CONVENTIONAL, "controller", controller.line)
        elif _is_first_usb(controller):
            _fixed(controller, _PIIX3_USB, "the machine's own USB controller")
            buses.reserve(_PIIX3_USB, CONVENTIONAL, "controller", controller.line)
    for place in _PIIX3_OTHERS:
        buses.reserve(place, CONVENTIONAL, "controller")
    _first_video(devices, buses, _PIIX3_VIDEO_SLOT, CONVENTIONAL, express=False)


def _ich9(devices: Devices, buses: PciBuses) -> None:
    for controller in devices.controllers:
        if controller.type == "sata" and controller.index == 0:
            _fixed(controller, _ICH9_SATA, "the first SATA controller")
        elif controller.model == "ich9-uhci1" and controller.address is None:
            slot = next((s for s in _ICH9_USB_SLOTS if not buses.in_use(0, s)), None)
            _put(controller, buses, slot, multifunction=True)
        elif controller.model == "dmi-to-pci-bridge" and controller.address is None:
            _put(controller, buses, _free(buses, _ICH9_BRIDGE_SLOT))
    for place in _ICH9_OTHERS:
        buses.reserve(place, Connect.PCIE, "controller")
    _first_video(devices, buses, _ICH9_VIDEO_SLOT, Connect.PCIE, express=True)
    slot = _free(buses, _ICH9_SOUND_SLOT)
    for sound in devices.sounds:
        if (
            slot is not None
            and getattr(sound, "model", None) == "ich9"
            and is_pci_open(sound.address)
        ):
            _put(sound, buses, slot)
            break


def _fixed(controller: Controller, place: PciPlace, what: str) -> None:
    """The place of a built-in controller; the document may name that one only."""
    if is_pci_open(controller.address):
        write(controller, place)
    elif isinstance(controller.address, PciAddress) and controller.address.place != place:
        reason = f"{what} is at PCI address {place}"
        raise bad_address("controller", reason, controller.address.line)


def _free(buses: PciBuses, slot: int) -> int | None:
    return None if buses.in_use(0, slot) else slot


def _put(
    device: Addressed, buses: PciBuses, slot: int | None, *, multifunction: bool | None = None
) -> None:
    """A place by tradition, when it is free."""
    if slot is not None:
        place = PciPlace(0, slot)
        buses.reserve(place, Connect.PCIE, "device")
        write(device, place, multifunction=multifunction)


def _first_video(
    devices: Devices, buses: PciBuses, slot: int, connect: Connect, *, express: bool
) -> None:
    """The first card is where QEMU itself would put it."""
    video = next(iter(devices.videos), None)
    if video is None or not is_pci_open(video.address):
        return
    if video.model.type in _NOT_ON_PCI:
        return
    place = PciPlace(0, slot)
    buses.validate(place, connect, "video", video.line)
    if buses.in_use(0, slot):
        own = connect_on(express)(Placed("video", video))
        give(video, "video", buses, own)
    else:
        buses.reserve(place, connect, "video", video.line)
        write(video, place)
