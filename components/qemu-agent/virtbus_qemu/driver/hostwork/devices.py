"""Devices of the host that a guest is given, and ports its screens listen on."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import NamedTuple

from virtbus.errors import HypervisorFailed
from virtbus.model.domain import Domain
from virtbus.model.domain.devices import hostdev
from virtbus.model.domain.devices.hostdev import UsbHostdev
from virtbus_qemu.link.hostdevices import find_scsi, find_usb, free_port
from virtbus_qemu.translate import Needs, alias_of
from virtbus_qemu.translate.runtime import ScreenSettings, UsbPlace

VHOST_SCSI = "/dev/vhost-scsi"
SPICE_PORTS, WEBSOCKET_PORTS = range(5900, 65536), range(5700, 5900)


class Devices(NamedTuple):
    """By alias; ports by what they are for."""

    usb: dict[str, UsbPlace | None]
    scsi: dict[str, str]
    vhost_scsi: dict[str, int]
    ports: dict[str, int]


def find_devices(live: Domain, needs: Needs, screens: ScreenSettings, passed: ExitStack) -> Devices:
    """Look up and open what a guest needs, and write into `live` where its USB devices are.

    Raises HypervisorFailed, naming what is not there.
    """
    usb = {request.alias: find_usb(request) for request in needs.usb}
    for device in live.devices.hostdevs:
        if isinstance(device, UsbHostdev) and alias_of(device) in usb:
            place = usb[alias_of(device)]
            device.source.missing = True if place is None else None
            if place is not None:
                device.source.address = hostdev.UsbPlace(bus=place.bus, device=place.device)
    return Devices(
        usb=usb,
        scsi={request.alias: find_scsi(request) for request in needs.scsi},
        vhost_scsi={alias: _vhost_scsi(passed) for alias in needs.vhost_scsi},
        ports=_ports(needs, screens),
    )


def _ports(needs: Needs, screens: ScreenSettings) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in needs.ports:
        spice = name.startswith("spice")
        ports = SPICE_PORTS if spice else WEBSOCKET_PORTS
        address = screens.spice_listen if spice else screens.vnc_listen
        taken = [port for port in found.values() if port in ports]
        first = max(taken) + 1 if taken else ports.start
        found[name] = free_port(address, range(first, ports.stop))
    return found


def _vhost_scsi(passed: ExitStack) -> int:
    try:
        descriptor = os.open(VHOST_SCSI, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise HypervisorFailed(
            f"{VHOST_SCSI} cannot be opened, and a device of the guest needs it",
            cause=str(error),
            operation="open",
        ) from error
    passed.callback(os.close, descriptor)
    return descriptor
