"""Devices of the host: what QEMU cannot do with them in the guest."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.hostdev import (
    Hostdev,
    MdevHostdev,
    PciHostdev,
    VhostScsiHostdev,
)

from ..machine import Board
from ..words import invalid, unsupported


def check_hostdevs(domain: Domain, board: Board) -> None:
    """Refuse the first host device that cannot be had as it stands."""
    devices = domain.devices
    mediated = [d for d in devices.hostdevs if isinstance(d, MdevHostdev)]
    for device in devices.hostdevs:
        _check(device, board)
        shown = isinstance(device, PciHostdev | MdevHostdev) and device.display
        if shown and not devices.graphics:
            raise invalid("hostdev", "display='on' needs a <graphics>", device.line)
    if sum(device.model == "vfio-ap" for device in mediated) > 1:
        raise invalid("hostdev", "only one device can be of model 'vfio-ap'", mediated[-1].line)


def _check(device: Hostdev, board: Board) -> None:
    if device.mode == "capabilities":
        raise unsupported("hostdev", "mode 'capabilities'", device.line)
    match device:
        case PciHostdev():
            if device.source.write_filtering is not None:
                raise unsupported("hostdev/source", "'writeFiltering'", device.line)
        case VhostScsiHostdev():
            if device.boot is not None:
                raise unsupported("hostdev/boot", "booting from a vhost target", device.line)
            if not board.caps.has_device("vhost-scsi"):
                raise unsupported("hostdev", "type 'scsi_host' with this emulator", device.line)
        case MdevHostdev():
            if device.boot is not None and device.model in ("vfio-pci", "vfio-ap"):
                what = f"booting from model '{device.model}'"
                raise unsupported("hostdev/boot", what, device.line)
            if device.display is not None and device.model != "vfio-pci":
                raise invalid("hostdev", "'display' is for model 'vfio-pci'", device.line)
            if not board.caps.has_device(device.model):
                what = f"model '{device.model}' with this emulator"
                raise unsupported("hostdev", what, device.line)
