"""<volume>: one image, partition or other piece of a pool.

volume = VOLUME.parse(text)
complete_volume(volume, pool_type="dir")
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine import walk
from ..engine.declare import (
    LIVE,
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    NeededValue,
    Size,
    Value,
)
from ..engine.document import Document
from ..engine.values import ULong, Unit
from ..source.access import Encryption
from .common import Bytes, Permissions, permissions_or_none
from .pool_kinds import POOL_KINDS, PoolType

_COMPAT = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}", re.ASCII)


class Extent(Element, kw_only=True):
    """<extent>: bytes on a device, from and to."""

    start: Needed[ULong]
    end: Needed[ULong]


class VolumeDevice(Element, kw_only=True):
    """<device>: a device the volume lies on."""

    path: Needed[str]
    extents: Annotated[Children[Extent], Name("extent")] = field(default_factory=list)


class VolumeSource(Element):
    """<source>: where the volume lies, where a volume is a piece of a device."""

    devices: Annotated[Children[VolumeDevice], Name("device")] = field(default_factory=list)


class VolumeFormat(Element):
    """<format>: of the image."""

    type: Attr[str] = None


class Timestamps(Element):
    """<timestamps>: seconds since 1970, with a fraction."""

    atime: Value[str] = None
    mtime: Value[str] = None
    ctime: Value[str] = None
    btime: Value[str] = None


class ClusterBytes(Element, kw_only=True):
    """<clusterSize>: of a qcow2 image, in bytes."""

    size_bytes: Annotated[Size, Unit("B", "B")]


class ImageFeatures(Element):
    """<features>: of a qcow2 image."""

    lazy_refcounts: Flag = False
    extended_l2: Flag = False
    data_file: Flag = False


class VolumeTarget(Element):
    """<target>: the volume as the host sees it."""

    path: Value[str] = None
    format: Child[VolumeFormat] = None
    permissions: Child[Permissions] = None
    timestamps: Annotated[Child[Timestamps], LIVE] = None
    encryption: Child[Encryption] = None
    compat: Value[str] = None
    nocow: Flag = False
    cluster_size: Annotated[Child[ClusterBytes], Name("clusterSize")] = None
    features: Child[ImageFeatures] = None

    def defaults(self) -> None:
        """Features need the newer qcow2; what says nothing goes."""
        self.permissions = permissions_or_none(self.permissions)
        if self.features is not None:
            self.compat = self.compat or "1.1"
        if self.cluster_size is not None and not self.cluster_size.size_bytes:
            self.cluster_size = None

    def problems(self) -> Iterator[str]:
        """The version is two numbers."""
        if self.compat is not None and not _COMPAT.fullmatch(self.compat):
            yield f"element 'compat': expected a version such as 1.1, not '{self.compat[:60]}'"


class VolumeBacking(Element):
    """<backingStore>: the image that this one holds the changes of."""

    path: Value[str] = None
    format: Child[VolumeFormat] = None
    permissions: Child[Permissions] = None
    timestamps: Annotated[Child[Timestamps], LIVE] = None

    def defaults(self) -> None:
        """Permissions that say nothing go."""
        self.permissions = permissions_or_none(self.permissions)


class Volume(Element, kw_only=True):
    """<volume>."""

    type: Attr[Literal["file", "block", "dir", "network", "netdir", "ploop"]] = None
    name: NeededValue[str]
    key: Value[str] = None
    source: Annotated[Child[VolumeSource], LIVE] = None
    capacity: Child[Bytes] = None
    allocation: Child[Bytes] = None
    physical: Annotated[Child[Bytes], LIVE] = None
    target: Child[VolumeTarget] = None
    backing_store: Annotated[Child[VolumeBacking], Name("backingStore")] = None

    def defaults(self) -> None:
        """A file; all of it allocated unless said otherwise; no backing without a path."""
        self.type = self.type or "file"
        if self.allocation is None and self.capacity is not None:
            self.allocation = Bytes(size_bytes=self.capacity.size_bytes)
        self.target = self.target or VolumeTarget()
        if self.backing_store and not self.backing_store.path:
            self.backing_store = None


def complete_volume(volume: Volume, *, pool_type: PoolType, capacity_needed: bool = True) -> None:
    """Fill in what `volume` leaves out, as a pool of that type has it.

    Without `capacity_needed` a missing capacity is 0: the volume is a copy, or the size
    is that of the backing. Raises InvalidDocument for a format the pool does not know.
    """
    walk.defaults("volume", volume)
    kind = POOL_KINDS[pool_type]
    if volume.capacity is None:
        if capacity_needed:
            raise walk.invalid(walk.Problem(volume.line, "volume", "element 'capacity' is missing"))
        volume.capacity = Bytes(size_bytes=0)
        volume.allocation = volume.allocation or Bytes(size_bytes=0)
    assert volume.target is not None
    for tag, part in (("target", volume.target), ("backingStore", volume.backing_store)):
        if part is None:
            continue
        if kind.default_volume_format is None:
            part.format = None
            continue
        if part.format is None or part.format.type is None:
            part.format = VolumeFormat(type=kind.default_volume_format)
        elif part.format.type not in kind.volume_formats:
            words = ", ".join(kind.volume_formats)
            reason = f"format '{part.format.type[:60]}' is none of {words}"
            raise walk.invalid(walk.Problem(part.format.line, f"volume/{tag}/format", reason))


VOLUME = Document("volume", Volume)
