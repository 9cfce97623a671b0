"""<domainsnapshot>: a guest's state, or the state of its disks, at a moment.

snapshot = SNAPSHOT.parse(text)
new_snapshot(snapshot, created_s=..., uuid=...)
"""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from .engine import walk
from .engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Kept,
    Name,
    Needed,
    Value,
)
from .engine.document import Document
from .moment import MomentDomain, MomentParent, Seconds, complete_guest, need
from .source.by_type import settle
from .source.source import ImageFormat, MetadataCache, SourceType, StorageSource, sized

Location: TypeAlias = Literal["no", "internal", "external", "manual"]
State: TypeAlias = Literal[
    "nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended",
    "disk-snapshot",
]  # fmt: skip
OFFLINE = ("shutoff", "disk-snapshot")
"""States in which there is no memory to keep."""


class MemorySnapshot(Element):
    """<memory>: whether the guest's memory is kept, and in which file."""

    snapshot: Attr[Location] = None
    file: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """A file is for what is external."""
        if self.snapshot == "manual":
            yield "memory cannot be kept by hand"
        elif self.file is not None and self.snapshot != "external":
            yield "a file is for memory that is kept externally"
        elif self.file is None and self.snapshot == "external":
            yield "memory that is kept externally needs a file"
        elif self.file is not None and not self.file.startswith("/"):
            yield f"the path '{self.file[:60]}' must be absolute"


class SnapshotDriver(Element):
    """<driver>: the format of the new image."""

    type: Attr[ImageFormat] = None
    metadata_cache: Child[MetadataCache] = None


class SnapshotDisk(Element, kw_only=True):
    """<disk>: how one disk takes part, and the image that is written to from then on."""

    name: Needed[str]
    snapshot: Attr[Location] = None
    type: Attr[SourceType] = None
    delete_in_progress: Annotated[Flag, Name("snapshotDeleteInProgress")] = False
    driver: Child[SnapshotDriver] = None
    source: Child[StorageSource] = None

    def defaults(self) -> None:
        """A disk with an image is kept externally; without one it has no format either."""
        kind = self.type or "file"
        settle(self.source, kind)
        if self.driver is not None:
            self.driver.metadata_cache = sized(self.driver.metadata_cache)
        formatted = self.driver is not None and self.driver.type is not None
        if not (formatted or _has_path(self.source)):
            self.type = self.driver = self.source = None
            return
        self.type = kind
        self.snapshot = self.snapshot or "external"
        if self.source == StorageSource():
            self.source = None
        if self.driver == SnapshotDriver():
            self.driver = None

    def problems(self) -> Iterator[str]:
        """The image is a file or device that can be found."""
        if self.type in ("volume", "dir"):
            yield f"a disk of type '{self.type}' cannot be kept in a snapshot"
        path = self.source.local_path if self.source else None
        if path and not path.startswith("/"):
            yield f"the image's path '{path[:60]}' must be absolute"


def _has_path(source: StorageSource | None) -> bool:
    return source is not None and bool(source.local_path or source.name or source.protocol)


class SnapshotDisks(Element):
    """<disks> or <revertDisks>."""

    disks: Annotated[Children[SnapshotDisk], Name("disk")] = field(default_factory=list)


class Snapshot(Element):
    """<domainsnapshot>. `active` is 1 for the guest's current one, in a host's own records."""

    name: Value[str] = None
    description: Value[str] = None
    state: Value[State] = None
    parent: Child[MomentParent] = None
    creation_time_s: Annotated[Value[Seconds], Name("creationTime")] = None
    memory: Child[MemorySnapshot] = None
    disks: Child[SnapshotDisks] = None
    revert_disks: Annotated[Child[SnapshotDisks], Name("revertDisks")] = None
    domain: Child[MomentDomain] = None
    inactive_domain: Annotated[Child[MomentDomain], Name("inactiveDomain")] = None
    cookie: Kept = None
    active: Value[Literal["0", "1"]] = None

    @property
    def offline(self) -> bool:
        """Whether the guest was not running."""
        return self.state in OFFLINE

    def defaults(self) -> None:
        """What says nothing goes; guests are kept as they are defined."""
        self.creation_time_s = self.creation_time_s or None
        if self.memory is not None:
            if self.memory.snapshot is None and self.memory.file is not None:
                self.memory.snapshot = "external"
            if self.memory.snapshot is None:
                self.memory = None
        for name in ("disks", "revert_disks"):
            disks = getattr(self, name)
            if disks is not None and not disks.disks:
                setattr(self, name, None)
        if self.domain is not None and self.domain.whole:
            self.domain = walk.strip(self.domain, live=True)
        if self.inactive_domain is not None:
            self.inactive_domain = walk.strip(self.inactive_domain, live=True)

    def problems(self) -> Iterator[str]:
        """Memory is kept of a running guest only."""
        if self.offline and self.memory and self.memory.snapshot not in (None, "no"):
            yield "the memory of a guest that is not running cannot be kept"


def new_snapshot(snapshot: Snapshot, *, created_s: int | None, uuid: str | None) -> None:
    """Settle the document of a snapshot that is to be taken of the guest `uuid`.

    What only a taken one can say (state, parent, guest) is dropped; without a name it is
    called by its time, which is in seconds since 1970.
    """
    snapshot.state = snapshot.parent = snapshot.inactive_domain = None
    snapshot.revert_disks = snapshot.active = None
    snapshot.domain = MomentDomain(uuid=uuid) if uuid is not None else None
    for disk in snapshot.disks.disks if snapshot.disks else ():
        disk.delete_in_progress = False
    snapshot.creation_time_s = created_s
    if snapshot.name is None and created_s is not None:
        snapshot.name = str(created_s)
    walk.defaults("domainsnapshot", snapshot)


def taken_snapshot(
    snapshot: Snapshot, *, uuid: str, macs: Iterator[str], keep_active: bool = False
) -> None:
    """Settle the document of a snapshot that was taken before of the guest `uuid`.

    Raises InvalidDocument for what every such snapshot has. `macs` gives addresses for
    interfaces of its guest that have none; whether it is the guest's current one is for a
    host's own records, with `keep_active`.
    """
    need(snapshot, "domainsnapshot", name="name", state="state", creation_time_s="creationTime")
    if not keep_active:
        snapshot.active = None
    guests = (("domain", snapshot.domain), ("inactiveDomain", snapshot.inactive_domain))
    for tag, guest in guests:
        if guest is not None and guest.whole:
            complete_guest(guest, f"domainsnapshot/{tag}", uuid=uuid, macs=macs)
    walk.defaults("domainsnapshot", snapshot)
    if snapshot.memory is None:
        snapshot.memory = MemorySnapshot(snapshot="no" if snapshot.offline else "internal")
    if snapshot.offline:
        snapshot.cookie = None


SNAPSHOT = Document("domainsnapshot", Snapshot)
