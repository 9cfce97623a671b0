"""<disk>: hard disks, CD-ROMs and floppies, and what is behind them."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import LIVE, Attr, Child, Element, Flag, Name, Needed, Section, Value
from ...engine.table import says_nothing
from ...engine.values import OnOff, UInt, YesNo
from ...source.access import Auth, Encryption
from ...source.by_type import settle, source_problems
from ...source.source import BackingStore, SourceType, StorageSource
from ..throttle import IoTune, ThrottleFilters, limited
from .address import Address
from .common import AcpiIndex, Alias, BootOrder
from .disk_driver import DiskDriver
from .disk_mirror import Mirror
from .disk_rules import disk_problems

DiskDevice: TypeAlias = Literal["disk", "cdrom", "floppy", "lun"]
DiskBus: TypeAlias = Literal["ide", "fdc", "scsi", "virtio", "xen", "usb", "uml", "sata", "sd"]


class BackendDomain(Element, kw_only=True):
    """<backenddomain>: the driver domain that provides the disk (Xen)."""

    name: Needed[str]


class Geometry(Element):
    """<geometry>: what the firmware is told the disk is made of."""

    cylinders: Annotated[Attr[UInt], Name("cyls")] = None
    heads: Attr[UInt] = None
    sectors: Annotated[Attr[UInt], Name("secs")] = None
    trans: Attr[Literal["none", "auto", "lba"]] = None


class BlockIo(Element):
    """<blockio>: the sizes of blocks the guest sees."""

    logical_block_size_bytes: Annotated[Attr[UInt], Name("logical_block_size")] = None
    physical_block_size_bytes: Annotated[Attr[UInt], Name("physical_block_size")] = None
    discard_granularity_bytes: Annotated[Attr[UInt], Name("discard_granularity")] = None

    def defaults(self) -> None:
        """0 is the hypervisor's choice."""
        self.logical_block_size_bytes = self.logical_block_size_bytes or None
        self.physical_block_size_bytes = self.physical_block_size_bytes or None
        self.discard_granularity_bytes = self.discard_granularity_bytes or None


class DiskTarget(Element, kw_only=True):
    """<target>: the name the guest is likely to give it, and the bus it hangs on."""

    dev: Needed[str]
    bus: Attr[DiskBus] = None
    tray: Attr[Literal["open", "closed"]] = None
    removable: Attr[OnOff] = None
    rotation_rate_rpm: Annotated[Attr[UInt], Name("rotation_rate")] = None


class Transient(Element):
    """<transient>: what is written is forgotten when the guest stops."""

    share_backing: Annotated[Attr[YesNo], Name("shareBacking")] = None


class Disk(Element, kw_only=True):
    """<disk>."""

    type: Needed[SourceType] = "file"
    device: Needed[DiskDevice] = "disk"
    model: Attr[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]] = None
    rawio: Attr[YesNo] = None
    sgio: Attr[Literal["filtered", "unfiltered"]] = None
    snapshot: Attr[Literal["no", "internal", "external", "manual"]] = None
    driver: Child[DiskDriver] = None
    auth: Child[Auth] = None
    source: Child[StorageSource] = None
    backing_store: Annotated[Child[BackingStore], Name("backingStore")] = None
    backenddomain: Child[BackendDomain] = None
    geometry: Child[Geometry] = None
    blockio: Child[BlockIo] = None
    mirror: Annotated[Child[Mirror], LIVE] = None
    target: Section[DiskTarget]
    iotune: Child[IoTune] = None
    throttlefilters: Child[ThrottleFilters] = None
    readonly: Flag = False
    shareable: Flag = False
    transient: Child[Transient] = None
    serial: Value[str] = None
    wwn: Value[str] = None
    vendor: Value[str] = None
    product: Value[str] = None
    encryption: Child[Encryption] = None
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    acpi: Child[AcpiIndex] = None
    address: Child[Address] = None

    @property
    def path(self) -> str | None:
        """The file, block device or directory behind the disk; None when there is none."""
        if self.source is None:
            return None
        return {"file": self.source.file, "block": self.source.dev, "dir": self.source.dir}.get(
            self.type
        )

    @property
    def empty(self) -> bool:
        """Whether no medium is in the drive."""
        source = self.source
        if source is None:
            return True
        match self.type:
            case "file" | "block" | "dir":
                return self.path is None
            case "volume":
                return source.pool is None
            case "network":
                return source.protocol in (None, "none")
        return False

    def defaults(self) -> None:
        """What libvirt settles or drops for every hypervisor."""
        self._source()
        target = self.target
        target.dev = target.dev.removeprefix("ioemu:")
        if target.tray == "closed":
            target.tray = None
        target.rotation_rate_rpm = target.rotation_rate_rpm or None
        target.bus = target.bus or _bus(target.dev, self.device)
        if self.device == "cdrom":
            self.readonly = True
        self._snapshot()
        if self.geometry is not None:
            shape = self.geometry
            if not (shape.cylinders and shape.heads and shape.sectors):
                self.geometry = None
        if self.iotune is not None and not (self.iotune.group_name or limited(self.iotune)):
            self.iotune = None
        if self.throttlefilters is not None and not self.throttlefilters.filters:
            self.throttlefilters = None
        if self.transient is not None and self.transient.share_backing is False:
            self.transient.share_backing = None
        if self.driver is not None and says_nothing(self.driver):
            self.driver = None
        if self.blockio is not None and says_nothing(self.blockio):
            self.blockio = None
        self.serial, self.wwn = self.serial or None, self.wwn or None
        self.vendor, self.product = self.vendor or None, self.product or None

    def _source(self) -> None:
        source = self.source
        if source is not None:
            settle(source, self.type)
        if source is None or says_nothing(source):
            self.source, self.type = None, "file"
            return
        if self.type == "network" and source.protocol == "iscsi":
            if source.name and "/" not in source.name:
                source.name += "/0"
        elif self.type == "nvme" and source.managed is None:
            source.managed = True

    def _snapshot(self) -> None:
        """What nobody writes to, or QEMU does not see, has no part in snapshots."""
        if self.snapshot is None and self.type == "vhostuser" and not self.readonly:
            self.snapshot = "no"
        elif self.snapshot == "no" and self.readonly:
            self.snapshot = None

    def problems(self) -> Iterator[str]:
        """The source fits the type, the parts fit the device and the bus."""
        yield from source_problems(self.source, self.type)
        yield from disk_problems(self)


_BUS_OF_PREFIX: tuple[tuple[str, DiskBus], ...] = (
    ("vd", "virtio"),
    ("sd", "scsi"),
    ("hd", "ide"),
    ("xvd", "xen"),
    ("ubd", "uml"),
)


def _bus(name: str, device: str) -> DiskBus:
    if device == "floppy":
        return "fdc"
    return next((bus for prefix, bus in _BUS_OF_PREFIX if name.startswith(prefix)), "ide")
