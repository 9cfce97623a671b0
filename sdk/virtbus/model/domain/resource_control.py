"""<cachetune>, <memorytune>: caches and memory bandwidth set aside for some processors."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import LIVE, Attr, Children, Element, Name, Needed
from ..engine.number_sets import CpuSet, number_set, numbers
from ..engine.repeated import repeated
from ..engine.values import UInt, ULong, Unit, largest_unit, scaled

_KINDS = ("both", "code", "data")


class CacheShare(Element, kw_only=True):
    """<cache>: what of one of the host's caches is set aside."""

    id: Needed[UInt]
    level: Needed[UInt]
    type: Needed[Literal["both", "code", "data"]]
    size: Needed[ULong]
    unit: Attr[str] = None

    def defaults(self) -> None:
        """The size in the largest unit that divides it."""
        self.size, self.unit = largest_unit(scaled(self.size, self.unit, Unit("B", "B")))


class CacheMonitor(Element, kw_only=True):
    """<monitor>: processors whose use of the cache is counted."""

    level: Needed[UInt]
    vcpus: Needed[CpuSet]


class CacheTune(Element, kw_only=True):
    """<cachetune>: what of the host's caches some processors have for themselves."""

    vcpus: Needed[CpuSet]
    id: Annotated[Attr[str], LIVE] = None
    cache: Children[CacheShare] = field(default_factory=list)
    monitor: Children[CacheMonitor] = field(default_factory=list)


class BandwidthNode(Element, kw_only=True):
    """<node>: per cent of one memory controller's bandwidth."""

    id: Needed[UInt]
    bandwidth_percent: Annotated[Needed[UInt], Name("bandwidth")]


class BandwidthMonitor(Element, kw_only=True):
    """<monitor>: processors whose memory traffic is counted."""

    vcpus: Needed[CpuSet]


class MemoryTune(Element, kw_only=True):
    """<memorytune>: how much memory bandwidth some processors may use."""

    vcpus: Needed[CpuSet]
    id: Annotated[Attr[str], LIVE] = None
    node: Children[BandwidthNode] = field(default_factory=list)
    monitor: Children[BandwidthMonitor] = field(default_factory=list)


def settle_tunes(caches: list[CacheTune], bandwidths: list[MemoryTune], maximum: int) -> None:
    """Speak of processors that are there; what then tunes nothing is dropped."""
    tunes: list[CacheTune | MemoryTune] = [*caches, *bandwidths]
    for tune in tunes:
        tune.vcpus = number_set(n for n in numbers(tune.vcpus) if n < maximum)
        for monitor in tune.monitor:
            monitor.vcpus = number_set(n for n in numbers(monitor.vcpus) if n < maximum)
    caches[:] = [each for each in caches if each.vcpus and (each.cache or each.monitor)]
    bandwidths[:] = [other for other in bandwidths if other.vcpus and (other.node or other.monitor)]
    for each in caches:
        each.cache.sort(key=lambda cache: (cache.level, _KINDS.index(cache.type), cache.id))
    for other in bandwidths:
        other.node.sort(key=lambda node: node.id)


def tune_problems(caches: list[CacheTune], bandwidths: list[MemoryTune]) -> Iterator[str]:
    """Groups of processors do not overlap, nor do their parts of a cache."""
    groups = [tune.vcpus for tune in caches]
    for vcpus in repeated(groups):
        yield f"cachetune: vcpus {vcpus} are given more than once"
    groups = list(dict.fromkeys([*groups, *(tune.vcpus for tune in bandwidths)]))
    members = [number for group in groups for number in numbers(group)]
    if len(members) != len(set(members)):
        yield "groups of processors in <cachetune> and <memorytune> overlap"
    for tune in caches:
        yield from _cache_problems(tune)
        yield from _monitor_problems(tune.vcpus, [monitor.vcpus for monitor in tune.monitor])
    for other in bandwidths:
        nodes = [node.id for node in other.node]
        if len(nodes) != len(set(nodes)):
            yield f"memorytune: a node is given more than once for vcpus {other.vcpus}"
        yield from _monitor_problems(other.vcpus, [monitor.vcpus for monitor in other.monitor])


def _cache_problems(tune: CacheTune) -> Iterator[str]:
    taken: dict[tuple[int, int], set[str]] = {}
    for cache in tune.cache:
        kinds = taken.setdefault((cache.level, cache.id), set())
        if kinds and (cache.type in kinds or "both" in (cache.type, *kinds)):
            yield f"cache {cache.id} of level {cache.level} is given more than once"
        kinds.add(cache.type)
    if any(monitor.level != 3 for monitor in tune.monitor):
        yield "only the cache of level 3 can be monitored"


def _monitor_problems(vcpus: str, monitors: Sequence[str]) -> Iterator[str]:
    """A monitor watches all processors of its group, or a few that no other watches."""
    group, seen = set(numbers(vcpus)), set[int]()
    for monitor in monitors:
        watched = set(numbers(monitor))
        if not watched or not watched <= group:
            yield f"a monitor watches vcpus {monitor or 'none'}, of the group {vcpus}"
        if watched != group:
            if watched & seen:
                yield f"vcpus {monitor} are watched by more than one monitor"
            seen |= watched
    if len(monitors) != len(set(monitors)):
        yield f"the same vcpus of the group {vcpus} are watched more than once"
