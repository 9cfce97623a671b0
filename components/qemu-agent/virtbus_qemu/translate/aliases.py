"""The names devices have while a guest runs, as libvirt gives them."""

from __future__ import annotations

from typing import Protocol

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.common import Alias
from virtbus.model.domain.devices.controller import Controller
from virtbus.model.domain.devices.disk import Disk

from .complete.characters import virtio_consoles
from .drives import index_of
from .machine import Board
from .words import invalid, word


class _Named(Protocol):
    alias: Alias | None


def assign_aliases(domain: Domain, board: Board) -> None:
    """Name every device of a completed document; names a person chose stay."""
    devices = domain.devices
    for disk in devices.disks:
        _name(disk, disk_alias(disk))
    for controller in devices.controllers:
        _name(controller, _controller_alias(controller, board))
    families: list[tuple[str, list[_Named]]] = [
        ("net", [*devices.interfaces]),
        ("serial", [*devices.serials]),
        ("channel", [*devices.channels]),
        ("input", [*devices.inputs]),
        ("video", [*devices.videos]),
        ("watchdog", [*devices.watchdogs]),
        ("rng", [*devices.rngs]),
        ("console", [*virtio_consoles(devices)]),
    ]
    for prefix, members in families:
        for number, member in enumerate(members):
            _name(member, f"{prefix}{number}")
    if devices.memballoon is not None:
        _name(devices.memballoon, "balloon0")
    own = virtio_consoles(devices)
    for console in devices.consoles:
        if devices.serials and not any(console is other for other in own):
            console.alias = devices.serials[0].alias
    _refuse_doubles(domain)


def alias_of(device: _Named) -> str:
    """The name given to a device."""
    assert device.alias is not None
    return device.alias.name


def _name(device: _Named, name: str) -> None:
    if device.alias is not None and device.alias.name.startswith("ua-"):
        word(device.alias.name, "alias")
    else:
        device.alias = Alias(name=name)


def disk_alias(disk: Disk) -> str:
    """A disk's name, made of where it sits."""
    if disk.target.bus == "virtio":
        return f"virtio-disk{index_of(disk.target.dev)}"
    if disk.target.bus == "usb":
        return f"usb-disk{index_of(disk.target.dev)}"
    place = disk.address
    assert isinstance(place, DriveAddress)
    if disk.target.bus == "scsi":
        return f"scsi{place.controller}-{place.bus}-{place.target}-{place.unit}"
    return f"{disk.target.bus}{place.controller}-{place.bus}-{place.unit}"


def _controller_alias(controller: Controller, board: Board) -> str:
    index = controller.index or 0
    if controller.type == "pci":
        return board.pci_bus(index)
    if index == 0:
        if controller.type == "ide" or (controller.type == "sata" and board.q35):
            return "ide"
        if controller.type == "usb":
            return "usb"
    return f"{controller.type}{index}"


def _refuse_doubles(domain: Domain) -> None:
    devices = domain.devices
    named: list[_Named] = [
        *devices.disks, *devices.controllers, *devices.interfaces, *devices.serials,
        *devices.channels, *devices.inputs, *devices.videos, *devices.watchdogs, *devices.rngs,
        *virtio_consoles(devices),
    ]  # fmt: skip
    names = [alias_of(device) for device in named]
    for name in sorted({n for n in names if names.count(n) > 1}):
        raise invalid("alias", f"'{name}' is used more than once")
