"""<disk>: hard disks, CD-ROMs and floppies, and what is behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import LIVE, Attr, Child, Element, Flag, Kept, Name, Needed, Section, Value
from ...engine.values import OnOff, UInt, YesNo
from .address import Address
from .common import Alias, BootOrder, Queues

DiskType: TypeAlias = Literal[
    "file", "block", "dir", "network", "volume", "nvme", "vhostuser", "vhostvdpa"
]
DiskDevice: TypeAlias = Literal["disk", "cdrom", "floppy", "lun"]
DiskBus: TypeAlias = Literal[
    "ide", "fdc", "scsi", "virtio", "xen", "usb", "uml", "sata", "sd", "nvme"
]
CacheMode: TypeAlias = Literal[
    "default", "none", "writethrough", "writeback", "directsync", "unsafe"
]
ErrorPolicy: TypeAlias = Literal["stop", "report", "ignore", "enospace"]


class DiskDriver(Element):
    """<driver>: image format, cache, and how requests reach the host."""

    name: Attr[str] = None
    type: Attr[str] = None
    cache: Attr[CacheMode] = None
    error_policy: Attr[ErrorPolicy] = None
    rerror_policy: Attr[ErrorPolicy] = None
    io: Attr[Literal["native", "threads", "io_uring"]] = None
    ioeventfd: Attr[OnOff] = None
    event_idx: Attr[OnOff] = None
    copy_on_read: Attr[OnOff] = None
    discard: Attr[Literal["unmap", "ignore"]] = None
    iothread: Attr[UInt] = None
    detect_zeroes: Attr[Literal["off", "on", "unmap"]] = None
    queues: Attr[Queues] = None


class DiskSource(Element):
    """<source>: the file or device that holds the content."""

    file: Attr[str] = None
    dev: Attr[str] = None
    startup_policy: Annotated[
        Attr[Literal["mandatory", "requisite", "optional"]], Name("startupPolicy")
    ] = None
    index: Annotated[Attr[UInt], LIVE] = None


class DiskTarget(Element, kw_only=True):
    """<target>: the name the guest is likely to give it, and the bus it hangs on."""

    dev: Needed[str]
    bus: Attr[DiskBus] = None
    tray: Attr[Literal["open", "closed"]] = None
    removable: Attr[OnOff] = None
    rotation_rate_rpm: Annotated[Attr[UInt], Name("rotation_rate")] = None


class BlockIo(Element):
    """<blockio>: the sector sizes the guest sees."""

    logical_block_size_bytes: Annotated[Attr[UInt], Name("logical_block_size")] = None
    physical_block_size_bytes: Annotated[Attr[UInt], Name("physical_block_size")] = None


class Disk(Element, kw_only=True):
    """<disk>."""

    type: Needed[DiskType] = "file"
    device: Needed[DiskDevice] = "disk"
    model: Attr[str] = None
    rawio: Attr[YesNo] = None
    snapshot: Attr[Literal["no", "internal", "external", "manual"]] = None
    driver: Child[DiskDriver] = None
    source: Child[DiskSource] = None
    backing_store: Annotated[Kept, Name("backingStore"), LIVE] = None
    blockio: Child[BlockIo] = None
    target: Section[DiskTarget]
    readonly: Flag = False
    shareable: Flag = False
    serial: Value[str] = None
    wwn: Value[str] = None
    vendor: Value[str] = None
    product: Value[str] = None
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    address: Child[Address] = None

    @property
    def path(self) -> str | None:
        """The file or block device behind the disk; None when the drive is empty."""
        if self.source is None:
            return None
        return self.source.dev if self.type == "block" else self.source.file

    def problems(self) -> Iterator[str]:
        """The source fits the type and the device."""
        if self.device in ("disk", "lun") and self.source is None:
            yield "a disk needs a source"
        if self.source is not None and self.type in ("file", "block") and not self.path:
            empty = not (self.source.file or self.source.dev)
            if self.device in ("disk", "lun") or not empty:
                word = "dev" if self.type == "block" else "file"
                yield f"type '{self.type}' needs a source with '{word}'"
        if self.device == "lun" and self.type not in ("block", "network", "volume"):
            yield "device 'lun' needs a block device"
