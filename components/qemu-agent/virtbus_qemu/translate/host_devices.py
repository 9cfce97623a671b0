"""What is to be looked up, or opened, on the host for devices of its that a guest is given."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.hostdev import ScsiHostdev, UsbHostdev, VhostScsiHostdev

from .aliases import alias_of
from .storage.sealed import SecretRequest


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


def scsi_nodes(domain: Domain) -> Iterator[tuple[ScsiHostdev, str]]:
    """SCSI devices, and their block nodes, which are counted after those of disks."""
    devices = [each for each in domain.devices.hostdevs if isinstance(each, ScsiHostdev)]
    for number, device in enumerate(devices, len(domain.devices.disks) + 1):
        yield device, f"libvirt-{number}-backend"


def scsi_secrets(domain: Domain) -> Iterator[SecretRequest]:
    """The passwords by which iSCSI servers let the guest in."""
    for device, node in scsi_nodes(domain):
        auth = device.source.auth
        if auth is not None and auth.secret is not None:
            yield SecretRequest(
                alias=secret_of(node),
                usage_type="iscsi",
                uuid=auth.secret.uuid or "",
                usage=auth.secret.usage or "",
            )


def secret_of(node: str) -> str:
    """QEMU's name for the password of a SCSI device's server."""
    return f"{node}-secret0"


def vhost_scsi_needed(domain: Domain) -> Iterator[str]:
    """The aliases of devices that /dev/vhost-scsi is opened for."""
    for device in domain.devices.hostdevs:
        if isinstance(device, VhostScsiHostdev):
            yield alias_of(device)
