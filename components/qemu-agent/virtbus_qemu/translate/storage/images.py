"""The images behind a disk, and the names of their block nodes.

A disk's content comes from a chain: the image it writes to, and those it is an overlay
of. Each image has up to three nodes: one for the storage, one for a slice of it and one
for the format. The uppermost of them is what others refer to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.source.access import Auth, Encryption
from virtbus.model.source.source import BackingStore, MetadataCache, Slice, StorageSource

from ..capabilities import QemuCapabilities
from ..words import invalid

_WITH_BACKING = ("cow", "qcow", "qcow2", "qed", "vmdk")


@dataclass(kw_only=True, slots=True)
class Image:
    """One image, with what its disk says of it."""

    kind: str
    source: StorageSource
    format: str
    number: int
    readonly: bool
    driver: DiskDriver
    cache: str | None
    slice: Slice | None = None
    auth: Auth | None = None
    encryption: Encryption | None = None
    metadata_cache_bytes: int | None = None
    is_top: bool = False
    floppy: bool = False
    cdrom: bool = False
    needs_format: bool = True
    data_store: Image | None = None
    below: Image | None = None
    ended: bool = False  # the chain is known to end here
    name: str = ""  # of its nodes, when they are not numbered

    @property
    def _stem(self) -> str:
        return f"libvirt-{self.name or self.number}"

    @property
    def storage_node(self) -> str:
        """The node that reads and writes the file, device or server."""
        return f"{self._stem}-storage"

    @property
    def slice_node(self) -> str | None:
        """The node that is a part of the storage; None when all of it is used."""
        return f"{self._stem}-slice-sto" if self.slice else None

    @property
    def format_node(self) -> str | None:
        """The node that knows the format; None when the storage says it all."""
        return f"{self._stem}-format" if self.needs_format else None

    @property
    def stored_node(self) -> str:
        """What the format is laid on."""
        return self.slice_node or self.storage_node

    @property
    def node(self) -> str:
        """What refers to the image's content."""
        return self.format_node or self.stored_node

    @property
    def is_luks(self) -> bool:
        """Whether the image is nothing but LUKS, which QEMU opens."""
        return self.format == "raw" and self.qemu_encryption == "luks"

    @property
    def qemu_encryption(self) -> str | None:
        """The format of what QEMU encrypts itself."""
        encryption = self.encryption
        if encryption is None or encryption.engine == "librbd":
            return None
        return encryption.format

    @property
    def may_have_backing(self) -> bool:
        """Whether the format can be an overlay at all."""
        return self.format in _WITH_BACKING

    @property
    def is_network(self) -> bool:
        """Whether a server holds it."""
        return self.kind == "network"


@dataclass(kw_only=True, slots=True)
class DiskNodes:
    """The images of a disk, uppermost first, and the nodes laid on them."""

    images: list[Image] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    copy_on_read: str | None = None

    @property
    def top(self) -> str | None:
        """What the device is connected to; None for an empty drive."""
        if not self.images:
            return None
        if self.filters:
            return self.filters[-1]
        return self.copy_on_read or self.images[0].node


def nodes_of(domain: Domain, caps: QemuCapabilities) -> dict[str, DiskNodes]:
    """The nodes of each disk by its target; the last disk is numbered first, as libvirt does."""
    numbers = itertools.count(1)
    found: dict[str, DiskNodes] = {}
    for disk in reversed(domain.devices.disks):
        found[disk.target.dev] = _nodes(disk, numbers, caps)
    return found


def _nodes(disk: Disk, numbers: Iterator[int], caps: QemuCapabilities) -> DiskNodes:
    nodes = DiskNodes()
    if disk.type == "vhostuser" or disk.target.bus == "sd":
        return nodes
    if disk.empty:
        next(numbers)  # an empty drive has a number of its own
        return nodes
    nodes.images = list(images_of(disk, numbers, caps))
    if disk.driver is not None and disk.driver.copy_on_read:
        nodes.copy_on_read = f"libvirt-CoR-{disk.target.dev}"
    for _ in disk.throttlefilters.filters if disk.throttlefilters else ():
        nodes.filters.append(f"libvirt-{next(numbers)}-filter")
    return nodes


def images_of(disk: Disk, numbers: Iterator[int], caps: QemuCapabilities) -> Iterator[Image]:
    """The images of a disk that has a medium, from the one it writes to downwards."""
    driver = disk.driver or DiskDriver()
    source = disk.source
    assert source is not None
    cache = driver.cache
    if cache is None and disk.shareable and not disk.readonly:
        cache = "none"
    top = Image(
        kind=disk.type,
        source=source,
        format=driver.type or "raw",
        number=next(numbers),
        readonly=disk.readonly,
        driver=driver,
        cache=cache,
        slice=source.slice,
        auth=disk.auth or source.auth,
        encryption=disk.encryption or source.encryption,
        metadata_cache_bytes=_bytes(driver.metadata_cache),
        is_top=True,
        floppy=disk.device == "floppy",
        cdrom=disk.device == "cdrom",
    )
    image = top
    below = disk.backing_store
    while True:
        settle(image, numbers, caps)
        yield image
        if below is None:
            return
        if below.type is None:
            image.ended = True
            return
        if not image.may_have_backing:
            reason = f"an image of format '{image.format}' is no overlay"
            raise invalid("disk/backingStore", reason, disk.line)
        image.below = _backing(below, top, next(numbers))
        image, below = image.below, below.backing_store


def _backing(store: BackingStore, top: Image, number: int) -> Image:
    source, layout = store.source, store.format
    assert store.type is not None and source is not None and layout is not None
    return Image(
        kind=store.type,
        source=source,
        format=layout.type,
        number=number,
        readonly=True,
        driver=top.driver,
        cache=top.cache,
        slice=source.slice,
        auth=source.auth,
        encryption=source.encryption,
        metadata_cache_bytes=_bytes(layout.metadata_cache),
        floppy=top.floppy,
    )


def settle(image: Image, numbers: Iterator[int], caps: QemuCapabilities) -> None:
    """The image's layers, and the data it keeps apart."""
    image.needs_format = (
        not caps.has("block-backing-mask-protocol") or image.format != "raw" or image.is_luks
    )
    store = image.source.data_store
    if store is None or store.source is None:
        return
    image.data_store = Image(
        kind=store.type,
        source=store.source,
        format="raw",
        number=next(numbers),
        readonly=image.readonly and not image.is_top,
        driver=image.driver,
        cache=image.cache,
        is_top=image.is_top,
        auth=store.source.auth,
        encryption=store.source.encryption,
    )
    settle(image.data_store, numbers, caps)


def _bytes(cache: MetadataCache | None) -> int | None:
    return cache.max_size.size_bytes if cache and cache.max_size else None


def write_numbers(disk: Disk, nodes: DiskNodes) -> None:
    """Note the numbers of a running guest's images in its document, for jobs to name them by."""
    disk.mirror = None  # no job runs in a guest that starts
    for image in nodes.images:
        image.source.index = image.number
        if image.data_store is not None:
            image.data_store.source.index = image.data_store.number
    store = disk.backing_store
    for image in nodes.images[1:]:
        if store is None:
            return
        store.index, image.source.index = image.number, None
        store = store.backing_store
