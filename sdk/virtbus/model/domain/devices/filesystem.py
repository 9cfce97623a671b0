"""<filesystem>: a directory of the host in the guest."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    Section,
    Size,
)
from ...engine.table import says_nothing
from ...engine.values import UNITS, Int, Octal, OnOff, UInt, ULong, Unit
from ...source.source import ImageFormat
from .address import Address
from .common import AcpiIndex, Alias, BootOrder

FilesystemType: TypeAlias = Literal["mount", "block", "file", "template", "ram", "bind", "volume"]
Permissions: TypeAlias = Annotated[int, Octal(0o777, 4)]


class FilesystemDriver(Element):
    """<driver>: who gives the guest its content."""

    type: Attr[Literal["default", "path", "handle", "loop", "nbd", "ploop", "virtiofs", "mtp"]] = (
        None
    )
    format: Attr[ImageFormat] = None
    wrpolicy: Attr[Literal["default", "immediate"]] = None
    queue: Attr[ULong] = None
    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
    page_per_vq: Attr[OnOff] = None

    def defaults(self) -> None:
        """Only a named driver has options of its own."""
        if self.type in (None, "default"):
            self.type = self.format = self.wrpolicy = self.queue = None
        if self.wrpolicy == "default":
            self.wrpolicy = None
        if self.type != "virtiofs" or not self.queue:
            self.queue = None


class FilesystemCache(Element):
    """<cache>: what virtiofsd keeps of the content."""

    mode: Attr[Literal["none", "always"]] = None


class FilesystemSandbox(Element):
    """<sandbox>: how virtiofsd is kept within the directory."""

    mode: Attr[Literal["namespace", "chroot"]] = None


class FilesystemLock(Element):
    """<lock>: which locks of the guest hold on the host as well."""

    posix: Attr[OnOff] = None
    flock: Attr[OnOff] = None


class ThreadPool(Element):
    """<thread_pool>: how many threads serve requests."""

    threads: Annotated[Attr[Int], Name("size")] = None


class OpenFiles(Element):
    """<openfiles>: how many files may be open at once."""

    max: Attr[ULong] = None


class FilesystemBinary(Element):
    """<binary>: the virtiofsd that serves the directory."""

    path: Attr[str] = None
    xattr: Attr[OnOff] = None
    cache: Child[FilesystemCache] = None
    sandbox: Child[FilesystemSandbox] = None
    lock: Child[FilesystemLock] = None
    thread_pool: Child[ThreadPool] = None
    openfiles: Child[OpenFiles] = None

    def defaults(self) -> None:
        """What says nothing is dropped; paths are written without doubled slashes."""
        if self.path:
            self.path = _plain(self.path)
        if self.cache is not None and self.cache.mode is None:
            self.cache = None
        if self.sandbox is not None and self.sandbox.mode is None:
            self.sandbox = None
        if self.lock is not None and self.lock.posix is None and self.lock.flock is None:
            self.lock = None
        threads = self.thread_pool.threads if self.thread_pool else None
        if threads is None or threads < 0:
            self.thread_pool = None
        if self.openfiles is not None and not self.openfiles.max:
            self.openfiles = None


def _plain(path: str) -> str:
    """The path without doubled and trailing slashes; two at its beginning mean something."""
    start = "//" if path.startswith("//") and not path.startswith("///") else ""
    parts = "/".join(part for part in path.split("/") if part)
    return f"{start or '/' if path.startswith('/') else ''}{parts}"


class IdRange(Element, kw_only=True):
    """<uid> or <gid>: `count` IDs from `start` in the guest are those from `target` here."""

    start: Needed[UInt]
    target: Needed[UInt]
    count: Needed[UInt]


class IdMap(Element):
    """<idmap>: whose the guest's files are on the host."""

    uids: Annotated[Children[IdRange], Name("uid")] = field(default_factory=list)
    gids: Annotated[Children[IdRange], Name("gid")] = field(default_factory=list)

    def defaults(self) -> None:
        """In ascending order."""
        self.uids.sort(key=_start)
        self.gids.sort(key=_start)


def _start(ids: IdRange) -> int:
    return ids.start


class FilesystemSource(Element):
    """<source>: which of the attributes it has follows from the type."""

    dir: Attr[str] = None
    socket: Attr[str] = None
    dev: Attr[str] = None
    file: Attr[str] = None
    name: Attr[str] = None
    usage: Attr[ULong] = None
    units: Attr[str] = None
    pool: Attr[str] = None
    volume: Attr[str] = None


class FilesystemTarget(Element, kw_only=True):
    """<target>: the tag by which the guest mounts it; for containers, where it is mounted."""

    dir: Needed[str]


class SpaceLimit(Element):
    """<space_hard_limit> or <space_soft_limit>."""

    size_bytes: Annotated[Size, Unit("bytes", "bytes")] = 0


_SOURCES: dict[str, tuple[str, ...]] = {
    "mount": ("dir", "socket"),
    "bind": ("dir", "socket"),
    "block": ("dev",),
    "file": ("file",),
    "template": ("name",),
    "ram": ("usage", "units"),
    "volume": ("pool", "volume"),
}
_EVERY = tuple(dict.fromkeys(name for names in _SOURCES.values() for name in names))


class Filesystem(Element, kw_only=True):
    """<filesystem>."""

    type: Needed[FilesystemType] = "mount"
    accessmode: Attr[Literal["passthrough", "mapped", "squash"]] = None
    model: Attr[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]] = None
    multidevs: Attr[Literal["default", "remap", "forbid", "warn"]] = None
    fmode: Attr[Permissions] = None
    dmode: Attr[Permissions] = None
    driver: Child[FilesystemDriver] = None
    binary: Child[FilesystemBinary] = None
    idmap: Child[IdMap] = None
    source: Child[FilesystemSource] = None
    target: Section[FilesystemTarget]
    readonly: Flag = False
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    acpi: Child[AcpiIndex] = None
    address: Child[Address] = None
    space_hard_limit: Child[SpaceLimit] = None
    space_soft_limit: Child[SpaceLimit] = None

    @property
    def virtiofs(self) -> bool:
        """Whether virtiofsd serves it."""
        return self.driver is not None and self.driver.type == "virtiofs"

    @property
    def socket(self) -> str | None:
        """Where a server that somebody else started listens."""
        return self.source.socket if self.source else None

    def defaults(self) -> None:
        """What libvirt settles or drops for every hypervisor."""
        if not self.virtiofs:
            self.binary = self.idmap = None
        elif self.idmap is not None and not self.idmap.uids:
            self.idmap = None
        if self.driver is not None and says_nothing(self.driver):
            self.driver = None
        if self.binary is not None and says_nothing(self.binary):
            self.binary = None
        self._source()
        if self.accessmode is None and not self.socket:
            self.accessmode = "passthrough"
        if self.multidevs == "default":
            self.multidevs = None
        self.fmode, self.dmode = self.fmode or None, self.dmode or None
        if self.space_hard_limit is not None and not self.space_hard_limit.size_bytes:
            self.space_hard_limit = None
        if self.space_soft_limit is not None and not self.space_soft_limit.size_bytes:
            self.space_soft_limit = None

    def _source(self) -> None:
        source = self.source
        if source is None:
            return
        for name in _EVERY:
            if name not in _SOURCES[self.type]:
                setattr(source, name, None)
        if source.socket is not None:
            source.dir = None
        if source.usage is not None:
            scale = UNITS.get((source.units or "KiB").lower())
            if scale is not None:
                source.usage, source.units = source.usage * scale // 1024, "KiB"

    def problems(self) -> Iterator[str]:
        """There is something to give to the guest."""
        source = self.source or FilesystemSource()
        names = _SOURCES[self.type]
        if self.type == "ram":
            if source.usage is None:
                yield "type 'ram' needs a <source> with 'usage'"
            elif source.units != "KiB":
                yield f"unknown unit '{source.units}'"
        elif self.type == "volume":
            if (source.pool is None) != (source.volume is None):
                yield "a source in a pool needs both 'pool' and 'volume'"
        elif not any(getattr(source, name) for name in names):
            yield f"type '{self.type}' needs a <source> with '{names[0]}'"
        if self.boot is not None and not self.virtiofs:
            yield "only virtiofs can be booted from"
