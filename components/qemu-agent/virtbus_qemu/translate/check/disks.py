"""Disks: what QEMU, or its devices, cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import UsbAddress
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.domain.disks import index_of
from virtbus.model.domain.throttle import LIMITS, IoTune, limited

from ..machine import Board
from ..words import invalid, unsupported
from .iothreads import iothread_faults
from .sources import check_sources

_MAX_LIMIT = 1_000_000_000_000_000
_SERIAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ .+")
_SHARING_FORMATS = ("raw",)
_BACKING_SHARERS = ("usb", "virtio", "scsi")


def check_disks(domain: Domain, board: Board) -> None:
    """Raise InvalidDocument or Unsupported for the first disk that cannot be had."""
    for disk in domain.devices.disks:
        for reason in _faults(domain, disk, board):
            raise invalid("disk", f"'{disk.target.dev}': {reason}", disk.line)
        check_sources(disk, board)
    _check_groups(domain.devices.disks)


def _faults(domain: Domain, disk: Disk, board: Board) -> Iterator[str]:
    driver = disk.driver or DiskDriver()
    yield from _target(disk, driver)
    yield from _medium(disk, driver)
    yield from _shown(disk)
    if disk.device == "lun":
        yield from _lun(disk, driver, board)
    yield from _requests(disk, driver, board)
    if driver.iothread or driver.iothreads is not None:
        yield from iothread_faults(domain, disk, driver, board)
    yield from _limits(disk)
    if disk.transient is not None:
        yield from _transient(disk)
    if disk.type in ("vhostuser", "vhostvdpa"):
        yield from _vhost(domain, disk, driver, board)


def _target(disk: Disk, driver: DiskDriver) -> Iterator[str]:
    if driver.name not in (None, "qemu"):
        yield f"there is no driver '{driver.name}'"
    if index_of(disk.target.dev) is None:
        yield "expected a name such as vda or sdb"
    elif disk.target.dev[-1].isdigit():
        yield "the name of a disk is not that of a partition"
    bus = disk.target.bus
    if bus == "usb" and disk.address is not None and not isinstance(disk.address, UsbAddress):
        yield "bus 'usb' needs an address of type 'usb'"
    if bus in ("xen", "uml"):
        raise unsupported("disk/target", f"bus '{bus}'", disk.target.line)


def _medium(disk: Disk, driver: DiskDriver) -> Iterator[str]:
    bus = disk.target.bus
    if disk.device == "cdrom" and bus in ("virtio", "sd"):
        yield f"bus '{bus}' has no drives whose medium can be changed"
    if bus == "usb" and disk.empty:
        yield "a drive on bus 'usb' cannot be empty"
    if disk.readonly and disk.device == "disk" and bus in ("ide", "sata"):
        yield f"a disk on bus '{bus}' cannot be read-only"
    if driver.copy_on_read:
        if disk.readonly:
            yield "copy_on_read has no place to write to"
        if disk.device != "disk":
            yield f"copy_on_read is not for a {disk.device}"
    if disk.shareable and not disk.readonly and driver.type not in (None, *_SHARING_FORMATS):
        yield f"an image of format '{driver.type}' cannot be shared"


def _shown(disk: Disk) -> Iterator[str]:
    """What the guest is told of the device."""
    bus, shape = disk.target.bus, disk.geometry
    if shape is not None:
        if bus in ("usb", "sd"):
            yield f"bus '{bus}' has no geometry"
        if shape.trans is not None and bus != "ide":
            yield "a translation of geometry is for bus 'ide'"
    if disk.serial is not None:
        if bus == "sd":
            yield "bus 'sd' has no serial"
        if bus == "scsi" and disk.device == "lun":
            yield "a lun has a serial of its own"
        if not _SERIAL.issuperset(disk.serial):
            yield "the serial holds more than letters, digits, spaces and '-_.+'"
    if disk.wwn is not None and bus not in ("ide", "scsi"):
        yield "a wwn is for bus 'ide' or 'scsi'"
    if disk.vendor is not None and bus != "scsi":
        yield "a vendor is for bus 'scsi'"
    if disk.product is not None and bus not in ("ide", "sata", "scsi"):
        yield "a product is for bus 'ide', 'sata' or 'scsi'"
    if disk.target.rotation_rate_rpm is not None:
        if bus not in ("scsi", "ide", "sata"):
            yield "a rotation rate is for bus 'scsi', 'ide' or 'sata'"
        if disk.device != "disk":
            yield f"a rotation rate is not for a {disk.device}"


def _lun(disk: Disk, driver: DiskDriver, board: Board) -> Iterator[str]:
    bus = disk.target.bus
    if bus == "virtio":
        if not board.caps.has_property("virtio-blk-pci", "scsi"):
            yield "this QEMU's virtio-blk passes no SCSI commands"
    elif bus != "scsi":
        yield f"device 'lun' cannot be on bus '{bus}'"
    source = disk.source
    iscsi = disk.type == "network" and source is not None and source.protocol == "iscsi"
    if disk.type not in ("block", "volume") and not iscsi:
        yield "device 'lun' is of type 'block', or 'network' with protocol 'iscsi'"
    if driver.copy_on_read:
        yield "copy_on_read is not for device 'lun'"
    for name in ("wwn", "vendor", "product"):
        if getattr(disk, name) is not None:
            yield f"a lun has a {name} of its own"


def _requests(disk: Disk, driver: DiskDriver, board: Board) -> Iterator[str]:
    cache = driver.cache
    if driver.io == "native" and cache not in ("none", "directsync"):
        yield "io 'native' needs cache 'none' or 'directsync'"
    if driver.io == "io_uring" and not board.caps.has("blockdev-io-uring"):
        yield "this QEMU does not have io 'io_uring'"
    if driver.queue_entries and not board.caps.has_property("virtio-blk-pci", "queue-size"):
        yield "this QEMU's virtio-blk has no queue_size"
    if driver.discard_no_unref is not None and not board.caps.has("blockdev-discard-no-unref"):
        yield "this QEMU does not have discard_no_unref"


def _limits(disk: Disk) -> Iterator[str]:
    tune = disk.iotune
    if tune is None:
        return
    if tune.group_name is not None and not limited(tune):
        yield "a group needs limits"
    if disk.target.bus == "sd":
        yield "bus 'sd' has no <iotune>"
    for name in LIMITS:
        if not name.endswith("_length") and (getattr(tune, name) or 0) > _MAX_LIMIT:
            yield f"{name} is more than {_MAX_LIMIT}"


def _check_groups(disks: list[Disk]) -> None:
    """Limits that several disks share are told alike by all of them."""
    groups: dict[str, IoTune] = {}
    for disk in disks:
        tune = disk.iotune
        if tune is None or tune.group_name is None:
            continue
        first = groups.setdefault(tune.group_name, tune)
        if any(getattr(first, name) != getattr(tune, name) for name in LIMITS):
            reason = f"'{disk.target.dev}': another disk of group '{tune.group_name}' differs"
            raise invalid("disk/iotune", reason, disk.line)


def _transient(disk: Disk) -> Iterator[str]:
    if disk.empty:
        yield "a transient disk is not empty"
    if disk.readonly:
        yield "a transient disk is written to"
    if disk.type != "file":
        yield "a transient disk is a file"
    if disk.device != "disk":
        yield f"a {disk.device} cannot be transient"
    shares = disk.transient is not None and disk.transient.share_backing
    if shares and disk.target.bus not in _BACKING_SHARERS:
        yield f"bus '{disk.target.bus}' does not share a transient disk's image"


def _vhost(domain: Domain, disk: Disk, driver: DiskDriver, board: Board) -> Iterator[str]:
    if not shares_memory(domain):
        yield f"type '{disk.type}' needs memory that is shared"
    if disk.type == "vhostuser":
        if not board.caps.has_device("vhost-user-blk"):
            yield "this QEMU does not have vhost-user-blk"
        return
    if not board.caps.has("blockdev-virtio-blk-vhost-vdpa"):
        yield "this QEMU does not have virtio-blk-vhost-vdpa"
    if driver.cache not in ("none", "directsync"):
        yield "type 'vhostvdpa' needs cache 'none' or 'directsync'"


def shares_memory(domain: Domain) -> bool:
    """Whether other processes can map all of the guest's memory."""
    backing = domain.memory_backing
    shared = backing is not None and backing.access is not None and backing.access.mode == "shared"
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    if not cells:
        return shared
    return all((cell.mem_access or ("shared" if shared else "")) == "shared" for cell in cells)
