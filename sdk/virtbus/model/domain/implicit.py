"""What devices need that the document does not speak of: places on drives, controllers."""

from __future__ import annotations

from ..engine.walk import Problem, invalid
from .addresses.drive import assign_drives
from .addresses.placed import of_kind
from .devices import Devices
from .devices.address import CcidAddress, DriveAddress, VirtioSerialAddress
from .devices.controller import Controller, ControllerType
from .devices.order import insert_controller
from .root import Domain

MAX_CONTROLLERS = 1024
"""Of one kind, where a place on the last one asks for all of them."""
_DRIVE_BUSES: tuple[ControllerType, ...] = ("scsi", "fdc", "ide", "sata")


def settle_devices(domain: Domain) -> None:
    """Drive addresses by the names of disks, and a controller for each bus a device is on.

    For every hypervisor, after what the hypervisor itself adds. Idempotent.
    Raises InvalidDocument.
    """
    devices = domain.devices
    assign_drives(devices)
    for bus in _DRIVE_BUSES:
        disks = [disk for disk in devices.disks if disk.target.bus == bus]
        places = [d.address.controller for d in disks if isinstance(d.address, DriveAddress)]
        _add_up_to(devices, bus, max(places, default=-1))
    _virtio_serial(devices)
    _smart_cards(devices)
    _scsi_host_devices(devices)


def add_controller(
    devices: Devices, kind: ControllerType, index: int, model: str | None = None
) -> bool:
    """Add a controller unless there is one with that index; whether it was added."""
    if any(c.type == kind and c.index == index for c in devices.controllers):
        return False
    insert_controller(devices.controllers, Controller(type=kind, index=index, model=model))
    return True


def _add_up_to(devices: Devices, kind: ControllerType, last: int, model: str | None = None) -> None:
    if last >= MAX_CONTROLLERS:
        reason = f"there is no controller {last} of type '{kind}': they are {MAX_CONTROLLERS}"
        raise invalid(Problem(devices.line, "domain/devices", reason))
    present = {c.index for c in devices.controllers if c.type == kind}
    for index in range(last + 1):
        if index not in present:
            add_controller(devices, kind, index, model)


def _virtio_serial(devices: Devices) -> None:
    for kind in ("channel", "console"):
        for line in of_kind(devices, kind):
            target = getattr(line, "target", None)
            if target is not None and target.type == "virtio":
                at = line.address
                index = at.controller if isinstance(at, VirtioSerialAddress) else 0
                add_controller(devices, "virtio-serial", index)


def _smart_cards(devices: Devices) -> None:
    cards = of_kind(devices, "smartcard")
    for card in cards:
        if card.address is None:
            places = [c.address for c in cards if isinstance(c.address, CcidAddress)]
            slots = [place.slot for place in places if place.controller == 0]
            card.address = CcidAddress(slot=max(slots, default=-1) + 1)
        index = card.address.controller if isinstance(card.address, CcidAddress) else 0
        add_controller(devices, "ccid", index)


def _scsi_host_devices(devices: Devices) -> None:
    """Host devices go on controllers of the model that the ones before them are on."""
    last, model = -1, None
    for host in of_kind(devices, "hostdev"):
        at = host.address
        if getattr(host, "type", None) != "scsi" or not isinstance(at, DriveAddress):
            continue
        if at.controller > last:
            last = at.controller
            on = (c for c in devices.controllers if c.type == "scsi" and c.index == last)
            model = next((c.model for c in on if c.model is not None), model)
    _add_up_to(devices, "scsi", last, model)
