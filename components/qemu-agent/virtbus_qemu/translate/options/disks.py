"""Disks: a protocol node, a format node, and the device the guest sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of, usb_place
from ..refuse import refuse_set
from ..words import invalid, json_option, unsupported

FORMATS = ("raw", "qcow2", "qed", "vmdk", "vdi", "vhdx", "vpc")
_DIRECT = {"none": True, "directsync": True}
_WRITE_CACHE = {"none": True, "writeback": True, "unsafe": True}
_VIRTIO = {
    None: "virtio-blk-pci",
    "virtio": "virtio-blk-pci",
    "virtio-transitional": "virtio-blk-pci-transitional",
    "virtio-non-transitional": "virtio-blk-pci-non-transitional",
}
_QEMU_POLICY = {"stop": "stop", "report": "report", "ignore": "ignore", "enospace": "enospc"}


def disk_options(disk: Disk, number: int, board: Board, bootindex: int | None) -> Iterator[str]:
    """One disk; `number` counts disks from 1, in libvirt's node names."""
    _refuse(disk)
    node = None
    if disk.path:
        node = f"libvirt-{number}-format"
        yield from _nodes(disk, disk.path, number)
    elif disk.device == "disk":
        raise invalid("disk", "a disk needs a source", disk.line)
    yield from ("-device", json_option(_device(disk, node, board, bootindex)))


def _refuse(disk: Disk) -> None:
    if disk.type not in ("file", "block"):
        raise unsupported("disk", f"type '{disk.type}'", disk.line)
    other = "file" if disk.type == "block" else "dev"
    refuse_set("disk/source", disk.source, other)
    if disk.driver is not None and disk.driver.name not in (None, "qemu"):
        raise unsupported("disk/driver", f"name '{disk.driver.name}'", disk.driver.line)
    if disk.target.bus != "virtio":
        refuse_set("disk", disk, "model")
        refuse_set("disk/driver", disk.driver, "queues", "event_idx", "ioeventfd")
    if disk.target.bus not in ("scsi",):
        refuse_set("disk", disk, "vendor", "product")
    if disk.target.bus not in ("scsi", "ide", "sata"):
        refuse_set("disk", disk, "wwn")
        refuse_set("disk/target", disk.target, "rotation_rate_rpm")
    if disk.target.bus != "usb":
        refuse_set("disk/target", disk.target, "removable")


def _nodes(disk: Disk, path: str, number: int) -> Iterator[str]:
    driver = disk.driver or DiskDriver()
    kind = driver.type or "raw"
    if kind not in FORMATS:
        raise unsupported("disk/driver", f"type '{kind}'", driver.line)
    if not path.startswith("/"):
        raise invalid("disk/source", "expected an absolute path", disk.line)
    cache = driver.cache if driver.cache not in (None, "default") else None
    if driver.io == "native" and cache not in _DIRECT:
        raise invalid("disk/driver", "io 'native' needs cache 'none' or 'directsync'", driver.line)
    caching = None
    if cache is not None:
        caching = {"direct": cache in _DIRECT, "no-flush": cache == "unsafe"}
    zeroes = driver.detect_zeroes
    if zeroes == "unmap" and driver.discard != "unmap":
        zeroes = "on"
    storage = f"libvirt-{number}-storage"
    protocol = {
        "driver": "host_device" if disk.type == "block" else "file",
        "filename": path,
        "aio": {"io_uring": "io_uring"}.get(driver.io or "", driver.io),
        "node-name": storage,
        "cache": caching,
        "auto-read-only": True,
        "discard": "unmap",
    }
    layer = {
        "node-name": f"libvirt-{number}-format",
        "read-only": disk.readonly or disk.device == "cdrom",
        "discard": driver.discard,
        "detect-zeroes": zeroes,
        "cache": caching,
        "driver": kind,
        "file": storage,
    }
    yield from ("-blockdev", json_option(protocol), "-blockdev", json_option(layer))


def _device(disk: Disk, node: str | None, board: Board, bootindex: int | None) -> dict[str, Any]:
    driver = disk.driver or DiskDriver()
    cdrom = disk.device == "cdrom"
    if disk.target.tray == "open" and disk.path:
        raise invalid("disk/target", "an open tray holds no medium", disk.line)
    block = disk.blockio
    write_cache = None
    if driver.cache not in (None, "default") and not cdrom:
        write_cache = driver.cache in _WRITE_CACHE
    return {
        **_place(disk, board),
        "drive": node,
        "share-rw": True if disk.shareable else None,
        "id": alias_of(disk),
        "logical_block_size": block.logical_block_size_bytes if block else None,
        "physical_block_size": block.physical_block_size_bytes if block else None,
        "bootindex": bootindex,
        "write-cache": None if write_cache is None else ("on" if write_cache else "off"),
        "serial": _bounded(disk.serial, disk),
        "wwn": _wwn(disk),
        "vendor": disk.vendor,
        "product": disk.product,
        "rotation_rate": disk.target.rotation_rate_rpm,
        "rerror": _QEMU_POLICY.get(driver.rerror_policy or driver.error_policy or ""),
        "werror": _QEMU_POLICY.get(driver.error_policy or ""),
    }


def _bounded(serial: str | None, disk: Disk) -> str | None:
    limit = 20 if disk.target.bus in ("virtio", "ide", "sata") else 36
    if serial is not None and len(serial.encode()) > limit:
        raise invalid("disk/serial", f"at most {limit} bytes on this bus", disk.line)
    return serial


def _wwn(disk: Disk) -> int | None:
    if disk.wwn is None:
        return None
    try:
        number = int(disk.wwn, 16)
    except ValueError:
        number = -1
    if not 0 <= number < 2**64 or len(disk.wwn) != 16:
        raise invalid("disk/wwn", "expected 16 hexadecimal digits", disk.line)
    return number


def _place(disk: Disk, board: Board) -> dict[str, Any]:
    """The device's driver and the bus it is on."""
    cdrom, bus = disk.device == "cdrom", disk.target.bus
    if (bus == "fdc") != (disk.device == "floppy"):
        raise invalid("disk/target", f"bus '{bus}' does not take a {disk.device}", disk.line)
    driver = disk.driver or DiskDriver()
    if bus == "virtio":
        if cdrom:
            raise invalid("disk/target", "a cdrom needs bus sata, scsi, ide or usb", disk.line)
        if disk.model not in _VIRTIO:
            raise unsupported("disk", f"model '{disk.model}'", disk.line)
        return {
            "driver": _VIRTIO[disk.model],
            "num-queues": driver.queues,
            "ioeventfd": driver.ioeventfd,
            "event_idx": driver.event_idx,
            **place_of(disk.address, board),
        }
    if bus == "usb":
        if cdrom:
            raise unsupported("disk", "a cdrom on usb", disk.line)
        return {
            "driver": "usb-storage",
            **usb_place(disk.address),
            "removable": bool(disk.target.removable),
        }
    at = disk.address
    if not isinstance(at, DriveAddress):
        raise unsupported("disk/target", f"bus '{bus}'", disk.target.line)
    kind = "cd" if cdrom else "hd"
    match bus:
        case "scsi":
            return {
                "driver": f"scsi-{kind}",
                "bus": f"scsi{at.controller}.0",
                "channel": at.bus,
                "scsi-id": at.target,
                "lun": at.unit,
                "device_id": f"drive-{alias_of(disk)}",
            }
        case "ide":
            if board.q35 or at.controller or at.target or at.bus > 1 or at.unit > 1:
                raise invalid("disk/address", "the machine has no such IDE place", disk.line)
            return {"driver": f"ide-{kind}", "bus": f"ide.{at.bus}", "unit": at.unit}
        case "sata":
            if at.bus or at.target or at.unit > 5:
                raise invalid("disk/address", "a SATA controller has units 0 to 5", disk.line)
            own = "ide" if board.q35 and at.controller == 0 else f"sata{at.controller}"
            return {"driver": f"ide-{kind}", "bus": f"{own}.{at.unit}"}
        case "fdc" if not board.q35 and at.controller == 0 and at.unit < 2:
            return {"driver": "floppy", "unit": at.unit}
    raise unsupported("disk/target", f"bus '{bus}' on this machine", disk.line)
