"""Devices of the host, found by what they are: USB by vendor and product, SCSI by its place.

Source: Linux Documentation/ABI/testing/sysfs-bus-usb; sysfs class scsi_generic.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from virtbus.errors import HypervisorFailed
from virtbus_qemu.translate.host_devices import ScsiRequest, UsbRequest
from virtbus_qemu.translate.runtime import UsbPlace

USB, SCSI = Path("/sys/bus/usb/devices"), Path("/sys/bus/scsi/devices")
DRI = Path("/dev/dri")


def find_usb(request: UsbRequest, folder: Path = USB) -> UsbPlace | None:
    """Where a USB device is plugged in; None when one that is optional is not.

    Raises HypervisorFailed when it is not there, or more than one is: then only its place
    tells which is meant.
    """
    found = [place for place, identity in _usb(folder) if identity == _identity(request)]
    if len(found) == 1:
        return found[0]
    if not found and request.optional:
        return None
    name = f"{request.vendor:04x}:{request.product:04x}"
    raise HypervisorFailed(
        f"the host has {'several USB devices' if found else 'no USB device'} {name}"
        + ("; name one by its <address>" if found else ""),
        cause=", ".join(f"bus {place.bus} device {place.device}" for place in found),
        operation="start",
    )


def _identity(request: UsbRequest) -> tuple[int, int]:
    return request.vendor, request.product


def _usb(folder: Path) -> Iterator[tuple[UsbPlace, tuple[int, int]]]:
    for device in sorted(folder.glob("*")):
        try:
            place = UsbPlace(*(int((device / name).read_text()) for name in ("busnum", "devnum")))
            vendor, product = (
                int((device / name).read_text(), 16) for name in ("idVendor", "idProduct")
            )
        except (OSError, ValueError):
            continue  # an interface of a device, or it was unplugged while we looked
        yield place, (vendor, product)


def find_scsi(request: ScsiRequest, folder: Path = SCSI) -> str:
    """The generic device of a SCSI device. Raises HypervisorFailed when the host has none."""
    number = request.adapter.removeprefix("scsi_host")
    place = f"{number}:{request.bus}:{request.target}:{request.unit}"
    for generic in (folder / place / "scsi_generic").glob("sg*"):
        return f"/dev/{generic.name}"
    raise HypervisorFailed(
        f"the host has no SCSI device {place}", cause="not in sysfs", operation="start"
    )


def render_node(folder: Path = DRI) -> str:
    """The host's first device that draws without a screen; "" where there is none."""
    return next((str(node) for node in sorted(folder.glob("renderD*"))), "")


def free_port(address: str, ports: range) -> int:
    """The first TCP port that nobody listens on. Raises HypervisorFailed when there is none."""
    for port in ports:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise HypervisorFailed(
        f"no TCP port from {ports.start} to {ports.stop - 1} is free on {address}",
        cause="all are taken",
        operation="start",
    )
