"""<driver> of a disk: how requests reach the host."""

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...engine.declare import Attr, Child, Children, Element, Name, Needed
from ...engine.values import OnOff, UInt
from ...source.source import DriverFormat, MetadataCache, sized

CacheMode: TypeAlias = Literal[
    "default", "none", "writethrough", "writeback", "directsync", "unsafe"
]
ErrorPolicy: TypeAlias = Literal["stop", "report", "ignore", "enospace"]


class QueueReference(Element, kw_only=True):
    """<queue>: one of the device's queues, counted from 0."""

    id: Needed[UInt]


class IoThreadReference(Element, kw_only=True):
    """<iothread>: a thread and the queues it serves; without any, it shares all of them."""

    id: Needed[UInt]
    queues: Annotated[Children[QueueReference], Name("queue")] = field(default_factory=list)


class IoThreadMapping(Element):
    """<iothreads>: which threads serve the queues."""

    threads: Annotated[Children[IoThreadReference], Name("iothread")] = field(default_factory=list)


class DiskDriver(Element):
    """<driver>: image format, cache, and how requests reach the host."""

    name: Attr[str] = None
    type: Attr[DriverFormat] = None
    cache: Attr[CacheMode] = None
    error_policy: Attr[ErrorPolicy] = None
    rerror_policy: Attr[Literal["stop", "report", "ignore"]] = None
    io: Attr[Literal["native", "threads", "io_uring"]] = None
    ioeventfd: Attr[OnOff] = None
    event_idx: Attr[OnOff] = None
    copy_on_read: Attr[OnOff] = None
    discard: Attr[Literal["unmap", "ignore"]] = None
    iothread: Attr[UInt] = None
    detect_zeroes: Attr[Literal["off", "on", "unmap"]] = None
    discard_no_unref: Attr[OnOff] = None
    queues: Attr[UInt] = None
    queue_entries: Annotated[Attr[UInt], Name("queue_size")] = None
    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
    page_per_vq: Attr[OnOff] = None
    metadata_cache: Child[MetadataCache] = None
    iothreads: Child[IoThreadMapping] = None

    def defaults(self) -> None:
        """What says nothing is dropped; `aio` is an old word for raw images."""
        if self.type == "aio":
            self.type = "raw"
        if self.cache == "default":
            self.cache = None
        self.queues = self.queues or None
        self.queue_entries = self.queue_entries or None
        if self.metadata_cache is not None:
            self.metadata_cache = sized(self.metadata_cache)
        if self.iothreads is not None and not self.iothreads.threads:
            self.iothreads = None
