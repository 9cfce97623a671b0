"""What a disk may not be, whatever the hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...source.source import BackingStore, StorageSource

if TYPE_CHECKING:
    from .disk import Disk

_NAMES = {"disk": ("hd", "sd", "vd", "xvd", "ubd"), "floppy": ("fd",)}
_NAMES["lun"] = _NAMES["disk"]
_DRIVE_BUSES = ("ide", "fdc", "scsi", "sata")
_MAX_VENDOR = 8
_MAX_PRODUCT = {"scsi": 16}
_MAX_PRODUCT_ELSEWHERE = 40
_WITH_AUTH = ("iscsi", "http", "https", "ftp", "ftps", "ssh", "rbd", "none", None)
_SECRETS = ("none", "volume", "ceph", "iscsi", "tls", "vtpm")
_SECRET_OF = {"iscsi": "iscsi", "rbd": "ceph"}
_VIRTIO_DRIVER = (
    "queues", "queue_entries", "event_idx", "ioeventfd", "iommu", "ats", "packed", "page_per_vq",
)  # fmt: skip
_NOT_VHOST_USER = (
    "iotune", "backing_store", "encryption", "readonly", "shareable", "transient", "serial", "wwn",
    "vendor", "product", "auth", "geometry", "blockio",
)  # fmt: skip
_NOT_VHOST_USER_DRIVER = (
    "cache", "error_policy", "rerror_policy", "io", "ioeventfd", "copy_on_read", "discard",
    "iothread", "detect_zeroes", "metadata_cache",
)  # fmt: skip


def disk_problems(disk: Disk) -> Iterator[str]:
    """All contradictions within a disk."""
    yield from _source(disk)
    yield from _device(disk)
    yield from _bus(disk)
    yield from _words(disk)
    yield from _driver(disk)
    if disk.type == "vhostuser" and disk.source is not None:
        yield from _vhost_user(disk)


def _source(disk: Disk) -> Iterator[str]:
    source = disk.source
    if disk.empty and disk.device == "disk":
        yield "a disk needs a source"
    if source is None:
        return
    if disk.auth is not None and source.auth is not None:
        yield "<auth> is given twice"
    if disk.encryption is not None and source.encryption is not None:
        yield "<encryption> is given twice"
    if disk.type == "nvme" and source.namespace == 0:
        yield "namespaces of NVMe are counted from 1"
    image = disk.driver.type if disk.driver else None
    yield from chain_problems(disk.type, image, source, disk.backing_store)
    if disk.type == "network" and disk.auth is not None:
        yield from _auth(source.protocol, disk.auth.secret.type if disk.auth.secret else None)
    if disk.encryption is not None and disk.encryption.cipher is not None:
        yield "the <cipher> of an existing disk is known from the disk"
    policy = source.startup_policy
    if policy and disk.type not in ("file", "block", "dir", "volume"):
        yield f"startupPolicy is not for type '{disk.type}'"
    if policy == "requisite" and disk.device not in ("cdrom", "floppy"):
        yield "startupPolicy 'requisite' is for a cdrom or floppy"


def chain_problems(
    kind: str | None, image: str | None, source: StorageSource | None, below: BackingStore | None
) -> Iterator[str]:
    """What no image of a chain may be; `kind` and `image` are the type and format of the first."""
    while kind is not None and source is not None:
        if kind == "network":
            if source.protocol == "sheepdog":
                yield "no hypervisor supports 'sheepdog' any more"
            if source.auth is not None:
                secret = source.auth.secret
                yield from _auth(source.protocol, secret.type if secret else None)
        if source.encryption is not None and source.encryption.cipher is not None:
            yield "the <cipher> of an existing disk is known from the disk"
        if source.data_store is not None:
            if image != "qcow2":
                yield "<dataStore> is for qcow2 images"
            store = source.data_store.source
            if store is not None and (store.data_store is not None or store.slices is not None):
                yield "a <dataStore> has neither a <dataStore> of its own nor slices"
        if below is None or below.type is None:
            return
        kind, source = below.type, below.source
        image = below.format.type if below.format else None
        below = below.backing_store


def _auth(protocol: str | None, secret: str | None) -> Iterator[str]:
    if protocol not in _WITH_AUTH:
        yield f"protocol '{protocol}' knows no authentication"
    elif secret not in _SECRETS or secret != _SECRET_OF.get(protocol or "", secret):
        yield f"a secret of type '{secret}' is not for protocol '{protocol}'"


def _device(disk: Disk) -> Iterator[str]:
    if disk.sgio == "unfiltered":
        yield "sgio 'unfiltered' is no longer supported"
    if disk.device == "lun":
        yield from _lun(disk)
    else:
        if disk.source is not None and disk.source.reservations is not None:
            yield "<reservations> are for device 'lun'"
        for name in ("rawio", "sgio"):
            if getattr(disk, name) is not None:
                yield f"{name} is for device 'lun'"
    if disk.target.tray is not None and disk.device not in ("cdrom", "floppy"):
        yield "a tray is part of a cdrom or floppy"
    prefixes = _NAMES.get(disk.device)
    if prefixes and not disk.target.dev.startswith(prefixes):
        yield f"'{disk.target.dev}' is not a name for device '{disk.device}'"


def _lun(disk: Disk) -> Iterator[str]:
    source = disk.source
    if disk.type == "network":
        if source is not None and source.protocol != "iscsi":
            yield f"device 'lun' cannot be of protocol '{source.protocol}'"
    elif disk.type not in ("block", "volume"):
        yield "device 'lun' needs a block device"
    if disk.driver is not None and disk.driver.type not in (None, "raw"):
        yield "device 'lun' needs format 'raw'"
    if source is not None and source.slices is not None:
        yield "device 'lun' has no slices"
    encryption = disk.encryption or (source.encryption if source else None)
    if encryption is not None and encryption.format != "default":
        yield "device 'lun' cannot be encrypted"


def _bus(disk: Disk) -> Iterator[str]:
    bus, address, driver = disk.target.bus, disk.address, disk.driver
    if bus in _DRIVE_BUSES and address is not None and address.type != "drive":
        yield f"bus '{bus}' needs an address of type 'drive'"
    if bus != "virtio":
        if disk.model is not None:
            yield f"model '{disk.model}' is for bus 'virtio'"
        for name in _VIRTIO_DRIVER if driver else ():
            if getattr(driver, name) is not None:
                yield f"the driver's {name} is for bus 'virtio'"
    if (bus == "fdc") != (disk.device == "floppy"):
        yield f"bus '{bus}' does not take a {disk.device}"
    removable = bus == "usb" or (bus == "scsi" and disk.device == "disk")
    if disk.target.removable is not None and not removable:
        yield "removable is for disks on usb or scsi"


def _words(disk: Disk) -> Iterator[str]:
    for name, limit in (
        ("vendor", _MAX_VENDOR),
        ("product", _MAX_PRODUCT.get(disk.target.bus or "", _MAX_PRODUCT_ELSEWHERE)),
    ):
        text: str | None = getattr(disk, name)
        if text is None:
            continue
        if not (text.isascii() and text.isprintable()):
            yield f"the {name} holds what cannot be printed"
        if len(text) > limit:
            yield f"the {name} is longer than {limit} characters"
    if disk.wwn is not None:
        digits = disk.wwn.removeprefix("0x")
        if len(digits) != 16 or not set(digits) <= set("0123456789abcdefABCDEF"):
            yield "a wwn has 16 hexadecimal digits"


def _driver(disk: Disk) -> Iterator[str]:
    driver = disk.driver
    if driver is not None:
        if driver.discard_no_unref:
            if driver.type != "qcow2":
                yield "discard_no_unref is for qcow2 images"
            if disk.readonly:
                yield "discard_no_unref is not for what is only read"
        if driver.iothread and driver.iothreads is not None:
            yield "the driver has either 'iothread' or <iothreads>"
        if driver.iothread == 0:
            yield "iothreads are counted from 1"
    if disk.throttlefilters is not None:
        if disk.iotune is not None:
            yield "a disk has either <iotune> or <throttlefilters>"
        if disk.device == "cdrom":
            yield "a cdrom has no <throttlefilters>"


def _vhost_user(disk: Disk) -> Iterator[str]:
    if disk.target.bus != "virtio":
        yield "type 'vhostuser' needs bus 'virtio'"
    if disk.snapshot != "no":
        yield "type 'vhostuser' needs snapshot 'no'"
    for name in _NOT_VHOST_USER:
        if getattr(disk, name):
            yield f"type 'vhostuser' has no {name}"
    for name in _NOT_VHOST_USER_DRIVER if disk.driver else ():
        if getattr(disk.driver, name) is not None:
            yield f"type 'vhostuser' has no {name}"
