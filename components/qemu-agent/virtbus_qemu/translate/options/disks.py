"""Disks: the device the guest sees, on the nodes that hold its content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.domain.disks import index_of
from virtbus.model.domain.throttle import LIMITS, limited

from ..aliases import alias_of
from ..boot import devices_have_loadparm
from ..machine import Board
from ..places import place_of, virtio_driver, virtio_options
from ..storage.blocknodes import node_options
from ..storage.facts import StorageFacts
from ..storage.images import DiskNodes
from ..words import QmpCommand, invalid, json_option, keyed, unsupported

_WRITE_BACK = ("none", "writeback", "unsafe")
_QEMU_POLICY = {"enospace": "enospc"}
_OLD_SCSI = ("lsilogic", "ncr53c90", "dc390", "am53c974")


def disk_options(
    domain: Domain,
    disk: Disk,
    nodes: DiskNodes,
    board: Board,
    bootindex: int | None,
    facts: StorageFacts,
) -> Iterator[str]:
    """One disk. Raises InvalidDocument or Unsupported."""
    if disk.target.bus == "sd":
        yield from ("-drive", _card(disk))
        return
    if disk.type == "vhostuser":
        yield from ("-chardev", _vhost_user_line(disk))
    yield from node_options(disk, nodes, facts)
    yield from ("-device", json_option(_device(domain, disk, nodes, board, bootindex)))


def floppy_controller_options(
    disks: list[Disk], order: dict[int, int], board: Board
) -> Iterator[str]:
    """The floppy controller, which boots for its drives."""
    drives = [disk for disk in disks if disk.target.bus == "fdc"]
    if not drives:
        return
    indexes: dict[str, int] = {}
    for disk in drives:
        unit = disk.address.unit if isinstance(disk.address, DriveAddress) else 0
        if id(disk) in order:
            indexes["bootindexB" if unit else "bootindexA"] = order[id(disk)]
    if board.q35:
        yield from ("-device", json_option({"driver": "isa-fdc", **indexes}))
    else:
        for name, index in sorted(indexes.items()):
            yield from ("-global", f"isa-fdc.{name}={index}")


def throttle_commands(domain: Domain) -> Iterator[QmpCommand]:
    """The limits of disks, which QEMU takes through its monitor."""
    for disk in domain.devices.disks:
        tune = disk.iotune
        if tune is None or disk.empty or not limited(tune):
            continue
        limits = {_throttle_name(name): getattr(tune, name) for name in LIMITS}
        arguments = {
            name: value or 0
            for name, value in limits.items()
            if value or not name.endswith("_length")
        }
        if tune.group_name is not None:
            arguments["group"] = tune.group_name
        yield QmpCommand("block_set_io_throttle", {"id": _qom_name(disk), **arguments})


def _throttle_name(name: str) -> str:
    """read_bytes_sec_max as bps_rd_max, size_iops_sec as iops_size."""
    which, what, *rest = name.replace("_sec", "").split("_")
    kind = "bps" if what == "bytes" else what
    word = {"total": "", "read": "rd", "write": "wr", "size": "size"}[which]
    return "_".join(part for part in (kind, word, *rest) if part)


def _qom_name(disk: Disk) -> str:
    alias = alias_of(disk)
    match disk.target.bus:
        case "virtio":
            return f"/machine/peripheral/{alias}/virtio-backend"
        case "usb":
            return f"/machine/peripheral/{alias}/{alias}.0/legacy[0]"
    return alias


def _device(
    domain: Domain, disk: Disk, nodes: DiskNodes, board: Board, bootindex: int | None
) -> dict[str, Any]:
    driver = disk.driver or DiskDriver()
    block, shape = disk.blockio, disk.geometry
    bus, alias = disk.target.bus, alias_of(disk)
    vpd = disk.serial or f"drive-{alias}" if bus == "scsi" and disk.device != "lun" else None
    boots = disk.device != "floppy"
    loadparm = disk.boot.loadparm if disk.boot and boots else None
    write_error = _QEMU_POLICY.get(driver.error_policy or "", driver.error_policy)
    read_error = driver.rerror_policy
    if read_error is None and driver.error_policy != "enospace":
        read_error = driver.error_policy
    return {
        **_place(domain, disk, board),
        "acpi-index": disk.acpi.index if disk.acpi else None,
        "device_id": vpd,
        "share-rw": True if disk.shareable else None,
        "drive": nodes.top,
        "chardev": _line_name(disk) if disk.type == "vhostuser" else None,
        "id": alias,
        "bootindex": bootindex if boots else None,
        "loadparm": loadparm if devices_have_loadparm(board.caps) else None,
        "logical_block_size": block.logical_block_size_bytes if block else None,
        "physical_block_size": block.physical_block_size_bytes if block else None,
        "discard_granularity": block.discard_granularity_bytes if block else None,
        "wwn": _wwn(disk),
        "rotation_rate": disk.target.rotation_rate_rpm,
        "vendor": disk.vendor,
        "product": disk.product if bus == "scsi" else None,
        "model": disk.product if bus in ("ide", "sata") else None,
        "removable": _removable(disk),
        "write-cache": _write_cache(disk),
        "cyls": shape.cylinders if shape else None,
        "heads": shape.heads if shape else None,
        "secs": shape.sectors if shape else None,
        "bios-chs-trans": shape.trans if shape else None,
        "serial": disk.serial.replace(" ", "\\ ") if disk.serial else None,
        "werror": write_error,
        "rerror": read_error,
    }


def _wwn(disk: Disk) -> int | None:
    if disk.wwn is None:
        return None
    try:
        return int(disk.wwn, 16)
    except ValueError:
        raise invalid("disk/wwn", "expected 16 hexadecimal digits", disk.line) from None


def _removable(disk: Disk) -> bool | None:
    if disk.target.bus == "usb":
        return bool(disk.target.removable)
    return disk.target.removable if disk.target.bus == "scsi" else None


def _write_cache(disk: Disk) -> str | None:
    """Whether the guest must flush; a device that is passed through decides itself."""
    cache = disk.driver.cache if disk.driver else None
    if cache is None and disk.shareable and not disk.readonly and disk.type != "vhostuser":
        cache = "none"
    if cache is None or disk.device == "lun":
        return None
    return "on" if cache in _WRITE_BACK else "off"


def _place(domain: Domain, disk: Disk, board: Board) -> dict[str, Any]:
    """The device's driver and the bus it is on."""
    kind = "cd" if disk.device == "cdrom" else "hd"
    match disk.target.bus:
        case "virtio":
            return _virtio(disk, board)
        case "usb":
            return {"driver": "usb-storage", **place_of(disk.address, board)}
        case "scsi":
            name = "scsi-block" if disk.device == "lun" else f"scsi-{kind}"
            return {"driver": name, **_scsi_place(domain, _at(disk))}
        case "ide":
            at = _at(disk)
            own = "ide" if board.has_ide else board.bus("ide", at.controller)
            return {"driver": f"ide-{kind}", "bus": f"{own}.{at.bus}", "unit": at.unit}
        case "sata":
            at = _at(disk)
            own = "ide" if board.q35 and at.controller == 0 else board.bus("sata", at.controller)
            return {"driver": f"ide-{kind}", "bus": f"{own}.{at.unit}"}
        case "fdc" if board.pseries:
            raise unsupported("disk", "a floppy on this machine", disk.line)
        case "fdc":
            return {"driver": "floppy", "unit": _at(disk).unit}
    raise unsupported("disk/target", f"bus '{disk.target.bus}' on this machine", disk.line)


def _at(disk: Disk) -> DriveAddress:
    if not isinstance(disk.address, DriveAddress):
        raise invalid("disk/address", "expected an address of type 'drive'", disk.line)
    return disk.address


def _scsi_place(domain: Domain, at: DriveAddress) -> dict[str, Any]:
    for controller in domain.devices.controllers:
        if controller.type == "scsi" and (controller.index or 0) == at.controller:
            if controller.model in _OLD_SCSI:
                return {"bus": f"{alias_of(controller)}.{at.bus}", "scsi-id": at.unit}
            return {
                "bus": f"{alias_of(controller)}.0",
                "channel": at.bus,
                "scsi-id": at.target,
                "lun": at.unit,
            }
    raise invalid("disk/address", f"there is no SCSI controller {at.controller}", at.line)


def _virtio(disk: Disk, board: Board) -> dict[str, Any]:
    driver = disk.driver or DiskDriver()
    base = "vhost-user-blk" if disk.type == "vhostuser" else "virtio-blk"
    mapping = None
    if driver.iothreads is not None:
        mapping = [
            {"iothread": f"iothread{thread.id}"}
            | ({"vqs": [queue.id for queue in thread.queues]} if thread.queues else {})
            for thread in driver.iothreads.threads
        ]
    return {
        "driver": virtio_driver(base, disk.address, disk.model),
        **virtio_options(driver),
        "iothread": f"iothread{driver.iothread}" if driver.iothread else None,
        "ioeventfd": driver.ioeventfd,
        "event_idx": driver.event_idx,
        "num-queues": driver.queues,
        "queue-size": driver.queue_entries,
        "iothread-vq-mapping": mapping,
        **place_of(disk.address, board),
    }


def _line_name(disk: Disk) -> str:
    return f"chr-vu-{alias_of(disk)}"


def _vhost_user_line(disk: Disk) -> str:
    source = disk.source
    assert source is not None
    reconnect = source.reconnect
    wait_ms = None
    if reconnect is not None and reconnect.enabled:
        wait_ms = (reconnect.timeout_s or 0) * 1000
    return keyed("socket", id=_line_name(disk), path=source.path, reconnect_ms=wait_ms)


def _card(disk: Disk) -> str:
    """An SD card: the board has the slot, so there is no device to name."""
    driver = disk.driver or DiskDriver()
    options: dict[str, str | int | bool | None] = {}
    if not disk.empty:
        if disk.path is None or disk.encryption or (disk.source and disk.source.encryption):
            raise unsupported("disk", "an SD card that is not a plain file or device", disk.line)
        options = {"file": disk.path, "format": driver.type or "raw"}
    options |= {"if": "sd", "index": index_of(disk.target.dev)}
    options["readonly"] = True if disk.readonly else None
    if not disk.empty:
        options |= {
            "cache": driver.cache,
            "copy-on-read": driver.copy_on_read,
            "discard": driver.discard,
            "detect-zeroes": driver.detect_zeroes,
            "aio": driver.io,
        }
    return keyed("", **options)
