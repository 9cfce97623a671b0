"""<source>: a file, a device, a volume or an image on the network; and what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..device_label import DeviceSecurityLabel
from ..engine.declare import LIVE, SECRET, Attr, Child, Children, Element, Name, Needed, Size
from ..engine.values import UInt, ULong, Unit, YesNo
from ..host_address import HostPciAddress
from .access import Auth, Encryption, Initiator, Reservations
from .by_type import settle, source_problems
from .network import (
    ConfigFile,
    Cookies,
    Identity,
    KnownHosts,
    Protocol,
    ReadAhead,
    Reconnect,
    SourceHost,
    SourceSnapshot,
    Timeout,
    TlsVerification,
)

SourceType: TypeAlias = Literal[
    "file", "block", "dir", "network", "volume", "nvme", "vhostuser", "vhostvdpa"
]
ImageFormat: TypeAlias = Literal[
    "raw", "dir", "bochs", "cloop", "dmg", "iso", "vpc", "vdi", "fat", "vhd", "ploop", "cow",
    "qcow", "qcow2", "qed", "vmdk",
]  # fmt: skip
DriverFormat: TypeAlias = Literal[ImageFormat, "aio"]
"""As a disk's <driver> has it: `aio` is an old word for raw images."""


class MaximalSize(Element):
    """<max_size>."""

    size_bytes: Annotated[Size, Unit("bytes", "bytes")] = 0


class MetadataCache(Element):
    """<metadata_cache>: how much of an image's tables is kept in memory."""

    max_size: Child[MaximalSize] = None


class Format(Element, kw_only=True):
    """<format>: what kind of image it is."""

    type: Needed[ImageFormat]
    metadata_cache: Child[MetadataCache] = None

    def defaults(self) -> None:
        """A cache without a size says nothing."""
        self.metadata_cache = sized(self.metadata_cache)


def sized(cache: MetadataCache | None) -> MetadataCache | None:
    """The cache, unless it has no size."""
    return cache if cache and cache.max_size and cache.max_size.size_bytes else None


class Slice(Element, kw_only=True):
    """<slice>: the part of the file or device that is used."""

    type: Attr[str] = None
    offset_bytes: Annotated[Attr[ULong], Name("offset")] = None
    size_bytes: Annotated[Attr[ULong], Name("size")] = None

    def problems(self) -> Iterator[str]:
        """Both ends are needed."""
        if self.offset_bytes is None or self.size_bytes is None:
            yield "a slice needs 'offset' and 'size'"


class Slices(Element):
    """<slices>: one, of what is stored; other kinds mean nothing."""

    slices: Annotated[Children[Slice], Name("slice")] = field(default_factory=list)

    def defaults(self) -> None:
        """The first one of the storage counts."""
        self.slices = [each for each in self.slices if each.type == "storage"][:1]


class StorageSource(Element):
    """<source>. Which attributes it has follows from the type of what it is the source of."""

    pool: Attr[str] = None
    volume: Attr[str] = None
    mode: Attr[Literal["host", "direct"]] = None
    file: Attr[str] = None
    fdgroup: Attr[str] = None
    dev: Attr[str] = None
    dir: Attr[str] = None
    protocol: Attr[Protocol] = None
    name: Attr[str] = None
    query: Attr[str] = None
    tls: Attr[YesNo] = None
    tls_hostname: Annotated[Attr[str], Name("tlsHostname")] = None
    type: Attr[str] = None
    managed: Attr[YesNo] = None
    namespace: Attr[ULong] = None
    path: Attr[str] = None
    startup_policy: Annotated[
        Attr[Literal["mandatory", "requisite", "optional"]], Name("startupPolicy")
    ] = None
    index: Annotated[Attr[UInt], LIVE] = None

    hosts: Annotated[Children[SourceHost], Name("host")] = field(default_factory=list)
    reconnect: Child[Reconnect] = None
    snapshot: Child[SourceSnapshot] = None
    config: Child[ConfigFile] = None
    initiator: Child[Initiator] = None
    ssl: Child[TlsVerification] = None
    cookies: Annotated[Child[Cookies], SECRET] = None
    readahead: Child[ReadAhead] = None
    timeout: Child[Timeout] = None
    known_hosts: Annotated[Child[KnownHosts], Name("knownHosts")] = None
    identity: Child[Identity] = None
    address: Child[HostPciAddress] = None
    slices: Child[Slices] = None
    seclabels: Annotated[Children[DeviceSecurityLabel], Name("seclabel")] = field(
        default_factory=list
    )
    auth: Child[Auth] = None
    encryption: Child[Encryption] = None
    reservations: Child[Reservations] = None
    data_store: Annotated[Child[DataStore], Name("dataStore")] = None

    @property
    def local_path(self) -> str | None:
        """The file, device or directory of this host that is meant; None for other sources."""
        return self.file or self.dev or self.dir

    @property
    def slice(self) -> Slice | None:
        """The part that is used; None for all of it."""
        return self.slices.slices[0] if self.slices and self.slices.slices else None


class DataStore(Element, kw_only=True):
    """<dataStore>: the raw file that holds the content whose tables are in the image."""

    type: Needed[SourceType]
    format: Child[Format] = None
    source: Child[StorageSource] = None

    def defaults(self) -> None:
        """What is kept apart is raw."""
        if self.format is not None:
            self.format = Format(type="raw", line=self.format.line)
        settle(self.source, self.type)

    def problems(self) -> Iterator[str]:
        """All of it is needed."""
        if self.format is None:
            yield "a <format> is needed"
        if self.source is None:
            yield "a <source> is needed"
        yield from source_problems(self.source, self.type)


class BackingStore(Element):
    """<backingStore>: the image that this one is an overlay of. An empty one: there is none."""

    type: Attr[SourceType] = None
    index: Annotated[Attr[UInt], LIVE] = None
    format: Child[Format] = None
    source: Child[StorageSource] = None
    backing_store: Annotated[Child[BackingStore], Name("backingStore")] = None

    def defaults(self) -> None:
        """The end of a chain holds nothing; a policy is for the disk's own source."""
        if self.type is None:
            self.index = self.format = self.source = self.backing_store = None
            return
        self.index = self.index or None
        if self.source is not None:
            settle(self.source, self.type)
            self.source.startup_policy = self.source.index = None

    def problems(self) -> Iterator[str]:
        """An image that is named is described."""
        if self.type is None:
            return
        if self.format is None:
            yield "a <format> is needed"
        if self.source is None:
            yield "a <source> is needed"
        yield from source_problems(self.source, self.type)
