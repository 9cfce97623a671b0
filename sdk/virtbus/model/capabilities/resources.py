"""<cache> and <memory_bandwidth>: what can be shared out among guests (Intel RDT and its like)."""

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import UInt

CacheUse: TypeAlias = Literal["both", "code", "data"]


class MonitorFeature(Element, kw_only=True):
    """<feature>: one counter."""

    name: Needed[str]


class Monitor(Element, kw_only=True):
    """<monitor>: how use can be measured."""

    level: Attr[UInt] = None
    reuse_threshold_bytes: Annotated[Attr[UInt], Name("reuseThreshold")] = None
    max_monitors: Annotated[Needed[UInt], Name("maxMonitors")]
    features: Annotated[Children[MonitorFeature], Name("feature")] = field(default_factory=list)


class CacheControl(Element, kw_only=True):
    """<control>: in what steps, and to how many, a cache is shared out."""

    granularity_in_unit: Annotated[Needed[UInt], Name("granularity")]
    min_in_unit: Annotated[Attr[UInt], Name("min")] = None
    unit: Needed[str]
    type: Needed[CacheUse]
    max_allocations: Annotated[Needed[UInt], Name("maxAllocs")]


class CacheBank(Element, kw_only=True):
    """<bank>: one cache, and the processors that use it."""

    id: Needed[UInt]
    level: Needed[UInt]
    type: Needed[CacheUse]
    size_in_unit: Annotated[Needed[UInt], Name("size")]
    unit: Needed[str]
    cpus: Needed[str]
    controls: Annotated[Children[CacheControl], Name("control")] = field(default_factory=list)


class HostCache(Element):
    """<cache> of <host>."""

    banks: Annotated[Children[CacheBank], Name("bank")] = field(default_factory=list)
    monitor: Child[Monitor] = None


class BandwidthControl(Element, kw_only=True):
    """<control>: in what steps, in percent, and to how many bandwidth is shared out."""

    granularity_percent: Annotated[Needed[UInt], Name("granularity")]
    min_percent: Annotated[Attr[UInt], Name("min")] = None
    max_allocations: Annotated[Needed[UInt], Name("maxAllocs")]


class BandwidthSource(Element, kw_only=True):
    """<node>: a way to memory, and the processors that use it."""

    id: Needed[UInt]
    cpus: Needed[str]
    controls: Annotated[Children[BandwidthControl], Name("control")] = field(default_factory=list)


class MemoryBandwidth(Element):
    """<memory_bandwidth> of <host>."""

    nodes: Annotated[Children[BandwidthSource], Name("node")] = field(default_factory=list)
    monitor: Child[Monitor] = None
