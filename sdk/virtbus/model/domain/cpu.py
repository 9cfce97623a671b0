"""<cpu> and <vcpu>: the processors the guest sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Needed, Text, Value
from ..engine.values import OnOff, Positive

CpuMode: TypeAlias = Literal["custom", "host-model", "host-passthrough", "maximum"]
CpuMatch: TypeAlias = Literal["minimum", "exact", "strict"]
CpuCheck: TypeAlias = Literal["none", "partial", "full"]
FeaturePolicy: TypeAlias = Literal["force", "require", "optional", "disable", "forbid"]


class Vcpu(Element):
    """<vcpu>: how many processors the guest may have, and has when it starts."""

    placement: Attr[Literal["static", "auto"]] = None
    cpuset: Attr[str] = None
    current: Attr[Positive] = None
    maximum: Text[Positive] = None

    def problems(self) -> Iterator[str]:
        """Fewer processors at start than at most."""
        if self.current and self.current > (self.maximum or 1):
            yield f"current ({self.current}) is more than the maximum ({self.maximum or 1})"


class CpuModel(Element):
    """<model>: a CPU by name."""

    fallback: Attr[Literal["allow", "forbid"]] = None
    vendor_id: Attr[str] = None
    name: Text[str] = None


class Topology(Element, kw_only=True):
    """<topology>: how the processors are grouped."""

    sockets: Needed[Positive]
    dies: Attr[Positive] = None
    clusters: Attr[Positive] = None
    cores: Needed[Positive]
    threads: Needed[Positive]

    def count(self) -> int:
        """Processors in all."""
        return self.sockets * (self.dies or 1) * (self.clusters or 1) * self.cores * self.threads


class CpuFeature(Element, kw_only=True):
    """<feature>: one CPUID feature, wanted or not."""

    policy: Attr[FeaturePolicy] = None
    name: Needed[str]


class CpuCache(Element, kw_only=True):
    """<cache>: whose cache the guest is told of."""

    level: Attr[Positive] = None
    mode: Needed[Literal["emulate", "passthrough", "disable"]]


class Cpu(Element):
    """<cpu>."""

    mode: Attr[CpuMode] = None
    match: Attr[CpuMatch] = None
    check: Attr[CpuCheck] = None
    migratable: Attr[OnOff] = None
    model: Child[CpuModel] = None
    vendor: Value[str] = None
    topology: Child[Topology] = None
    cache: Child[CpuCache] = None
    feature: Children[CpuFeature] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """Each feature is named once."""
        names = [feature.name for feature in self.feature]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"feature '{name}' is given more than once"
