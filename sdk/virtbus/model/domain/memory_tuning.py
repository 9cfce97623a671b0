"""<memoryBacking>, <memtune>, <blkiotune>, <resource>: how the host serves the guest."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    NeededValue,
    Value,
)
from ..engine.number_sets import NodeSet, numbers
from ..engine.repeated import repeated
from ..engine.values import UInt, ULong, Unit, scaled
from .memory import SizeKib

UNLIMITED_KIB = 9007199254740991
"""From here on a limit is none (VIR_DOMAIN_MEMORY_PARAM_UNLIMITED)."""


class HugePage(Element, kw_only=True):
    """<page>: a size of huge pages, and the guest's NUMA nodes that are made of them."""

    size: Needed[ULong]
    unit: Attr[str] = None
    nodeset: Attr[NodeSet] = None

    def defaults(self) -> None:
        """The size in KiB."""
        self.size, self.unit = scaled(self.size, self.unit, Unit("KiB", "KiB")), "KiB"

    @property
    def size_kib(self) -> int:
        """The size; 0 stands for the host's default."""
        return scaled(self.size, self.unit, Unit("KiB", "KiB"))


class HugePages(Element):
    """<hugepages>: of the host's default size when it names none."""

    page: Children[HugePage] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """At most one size for nodes not named, and each node once."""
        if sum(page.nodeset is None for page in self.page) > 1:
            yield "more than one <page> without a nodeset"
        named = [node for page in self.page for node in numbers(page.nodeset)]
        if len(named) != len(set(named)):
            yield "a NUMA node has more than one size of huge pages"


class MemorySource(Element, kw_only=True):
    """<source>: what kind of host memory it is."""

    type: Needed[Literal["file", "anonymous", "memfd"]]


class MemoryAccess(Element, kw_only=True):
    """<access>: whether other processes see what the guest writes."""

    mode: Needed[Literal["shared", "private"]]


class MemoryAllocation(Element):
    """<allocation>: when the host sets the memory aside, with how many threads."""

    mode: Attr[Literal["immediate", "ondemand"]] = None
    threads: Attr[UInt] = None


class MemoryBacking(Element):
    """<memoryBacking>."""

    hugepages: Child[HugePages] = None
    nosharepages: Flag = False
    locked: Flag = False
    source: Child[MemorySource] = None
    access: Child[MemoryAccess] = None
    allocation: Child[MemoryAllocation] = None
    discard: Flag = False


class MemoryTuning(Element):
    """<memtune>: limits on the memory of the guest's process."""

    hard_limit: Child[SizeKib] = None
    soft_limit: Child[SizeKib] = None
    min_guarantee: Child[SizeKib] = None
    swap_hard_limit: Child[SizeKib] = None

    def defaults(self) -> None:
        """A limit at or above what the kernel counts is none."""
        for name in ("hard_limit", "soft_limit", "swap_hard_limit"):
            limit: SizeKib | None = getattr(self, name)
            if limit is not None and limit.size_kib >= UNLIMITED_KIB:
                setattr(self, name, None)
        if self.min_guarantee is not None and not self.min_guarantee.size_kib:
            self.min_guarantee = None


class BlockDeviceTuning(Element, kw_only=True):
    """<device>: limits on one of the host's block devices; 0 is none."""

    path: NeededValue[str]
    weight: Value[UInt] = None
    read_iops_sec: Value[UInt] = None
    write_iops_sec: Value[UInt] = None
    read_bytes_sec: Value[ULong] = None
    write_bytes_sec: Value[ULong] = None

    def defaults(self) -> None:
        """A limit of 0 is none."""
        for name in _DEVICE_LIMITS:
            if not getattr(self, name):
                setattr(self, name, None)

    def is_limited(self) -> bool:
        """Whether it limits anything."""
        return any(getattr(self, name) for name in _DEVICE_LIMITS)


_DEVICE_LIMITS = ("weight", "read_iops_sec", "write_iops_sec", "read_bytes_sec", "write_bytes_sec")


class BlockTuning(Element):
    """<blkiotune>: the guest's share of the host's block devices."""

    weight: Value[UInt] = None
    devices: Annotated[Children[BlockDeviceTuning], Name("device")] = field(default_factory=list)

    def defaults(self) -> None:
        """A device without a limit says nothing."""
        self.weight = self.weight or None
        self.devices = [device for device in self.devices if device.is_limited()]

    def problems(self) -> Iterator[str]:
        """Each device is named once."""
        paths = [device.path for device in self.devices]
        for path in repeated(paths):
            yield f"the device '{path}' is given more than once"


class FibreChannel(Element, kw_only=True):
    """<fibrechannel>: the name the fabric counts the guest's traffic under."""

    appid: Needed[str]

    def problems(self) -> Iterator[str]:
        """The kernel takes 1 to 128 printable characters."""
        if not (0 < len(self.appid) <= 128 and self.appid.isascii() and self.appid.isprintable()):
            yield "appid must be 1 to 128 printable characters"


class Resource(Element):
    """<resource>: the control group the guest is placed in."""

    partition: Value[str] = None
    fibrechannel: Child[FibreChannel] = None

    def problems(self) -> Iterator[str]:
        """The partition is an absolute path."""
        if self.partition is not None and not self.partition.startswith("/"):
            yield f"the partition '{self.partition}' must begin with '/'"
