"""What is to be looked up, or opened, on the host for devices of its that a guest is given."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.hostdev import ScsiHostdev, UsbHostdev, VhostScsiHostdev

from .aliases import alias_of


class UsbRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A USB device that is named by what it is: where is it? `optional`: a guest starts without."""

    alias: str
    vendor: int
    product: int
    optional: bool = False


class ScsiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A SCSI device by its place on an adapter of the host: which is its generic device?"""

    alias: str
    adapter: str
    bus: int
    target: int
    unit: int


def usb_needed(domain: Domain) -> Iterator[UsbRequest]:
    """The USB devices to look for."""
    for device in domain.devices.hostdevs:
        if isinstance(device, UsbHostdev) and device.source.address is None:
            source = device.source
            if source.vendor is not None and source.product is not None:
                yield UsbRequest(
                    alias=alias_of(device),
                    vendor=source.vendor.id,
                    product=source.product.id,
                    optional=source.startup_policy == "optional",
                )


def scsi_needed(domain: Domain) -> Iterator[ScsiRequest]:
    """The SCSI devices to look for."""
    for device in domain.devices.hostdevs:
        if isinstance(device, ScsiHostdev) and device.source.adapter and device.source.address:
            place = device.source.address
            yield ScsiRequest(
                alias=alias_of(device),
                adapter=device.source.adapter.name,
                bus=place.bus,
                target=place.target,
                unit=place.unit,
            )


def vhost_scsi_needed(domain: Domain) -> Iterator[str]:
    """The aliases of devices that /dev/vhost-scsi is opened for."""
    for device in domain.devices.hostdevs:
        if isinstance(device, VhostScsiHostdev):
            yield alias_of(device)
