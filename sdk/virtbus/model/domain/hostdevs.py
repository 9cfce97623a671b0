"""Host devices of a guest, where one depends on another or on disks."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ..engine.repeated import repeated
from .devices import Devices
from .devices.address import DriveAddress
from .devices.hostdev import (
    Hostdev,
    MdevHostdev,
    PciHostdev,
    ScsiHostdev,
    UsbHostdev,
    VhostScsiHostdev,
)
from .devices.hostdev_caps import MiscCapability, NetCapability, StorageCapability


def place_of(address: DriveAddress) -> tuple[int, int, int, int]:
    """A drive's place as a value: controller, bus, target, unit."""
    return address.controller, address.bus, address.target, address.unit


def _scsi_addresses(devices: Devices) -> Iterator[DriveAddress]:
    for disk in devices.disks:
        if disk.target.bus == "scsi" and isinstance(disk.address, DriveAddress):
            yield disk.address
    for hostdev in devices.hostdevs:
        if isinstance(hostdev, ScsiHostdev) and isinstance(hostdev.address, DriveAddress):
            yield hostdev.address


def hostdev_problems(devices: Devices) -> Iterator[str]:
    """No device twice, no place twice, one frame buffer of the firmware's."""
    keys = [key for key in map(_key, devices.hostdevs) if key is not None]
    if len(set(keys)) != len(keys):
        yield "a host device is given more than once"
    framebuffers = [h for h in devices.hostdevs if getattr(h, "ramfb", None)]
    if len(framebuffers) > 1:
        yield "only one host device has 'ramfb'"
    places = [place_of(address) for address in _scsi_addresses(devices)]
    for place in sorted(repeated(places)):
        words = ("controller", "bus", "target", "unit")
        where = ", ".join(f"{word} {number}" for word, number in zip(words, place, strict=True))
        yield f"the SCSI place of {where} is used more than once"


def _key(hostdev: Hostdev) -> Hashable | None:
    """What two elements of the same device of the host have in common; None: unlike any."""
    match hostdev:
        case PciHostdev(source=source):
            at = source.address
            return ("pci", at.domain, at.bus, at.slot, at.function)
        case UsbHostdev(source=source):
            usb = source.address
            if usb is not None and usb.bus and usb.device:
                return ("usb", usb.bus, usb.device)
            return ("usb", source.vendor and source.vendor.id, source.product and source.product.id)
        case ScsiHostdev(source=source) if source.protocol == "iscsi":
            host = source.hosts[0] if source.hosts else None
            return ("iscsi", source.name, host and host.name, host and host.port)
        case ScsiHostdev(source=source) if source.adapter and source.address:
            scsi = source.address
            return ("scsi", source.adapter.name, scsi.bus, scsi.target, scsi.unit)
        case VhostScsiHostdev(source=source):
            return ("scsi_host", source.wwpn)
        case MdevHostdev(source=source):
            return ("mdev", source.address.uuid)
        case StorageCapability(source=source):
            return ("storage", source.block)
        case MiscCapability(source=source):
            return ("misc", source.char)
        case NetCapability(source=source):
            return ("net", source.interface)
    return None
