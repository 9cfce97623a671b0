"""<cpu>: the processor the guest sees."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Needed, Text, Value
from ..engine.repeated import repeated
from ..engine.values import OnOff, Positive, UInt
from .numa import Numa

CpuMode: TypeAlias = Literal["custom", "host-model", "host-passthrough", "maximum"]
CpuMatch: TypeAlias = Literal["minimum", "exact", "strict"]
CpuCheck: TypeAlias = Literal["none", "partial", "full"]
FeaturePolicy: TypeAlias = Literal["force", "require", "optional", "disable", "forbid"]


class CpuModel(Element):
    """<model>: a CPU by name."""

    fallback: Attr[Literal["allow", "forbid"]] = None
    vendor_id: Attr[str] = None
    name: Text[str] = None

    def problems(self) -> Iterator[str]:
        """CPUID has twelve characters for the vendor."""
        if self.vendor_id is not None and (len(self.vendor_id) != 12 or "," in self.vendor_id):
            yield "vendor_id must be 12 characters, none of them a comma"


class Topology(Element, kw_only=True):
    """<topology>: how the processors are grouped."""

    sockets: Needed[Positive]
    dies: Attr[Positive] = None
    clusters: Attr[Positive] = None
    cores: Needed[Positive]
    threads: Needed[Positive]

    def defaults(self) -> None:
        """One die and one cluster unless it says otherwise."""
        self.dies = self.dies or 1
        self.clusters = self.clusters or 1

    def count(self) -> int:
        """Processors in all."""
        return self.sockets * (self.dies or 1) * (self.clusters or 1) * self.cores * self.threads


class CpuFeature(Element, kw_only=True):
    """<feature>: one CPUID feature, wanted or not."""

    policy: Attr[FeaturePolicy] = None
    name: Needed[str]

    def defaults(self) -> None:
        """A feature that is named is wanted."""
        self.policy = self.policy or "require"


class CpuCache(Element, kw_only=True):
    """<cache>: whose cache the guest is told of."""

    level: Attr[Positive] = None
    mode: Needed[Literal["emulate", "passthrough", "disable"]]


class MaxPhysAddr(Element, kw_only=True):
    """<maxphysaddr>: how many bits physical addresses have."""

    mode: Needed[Literal["emulate", "passthrough"]]
    bits: Attr[UInt] = None
    limit: Attr[UInt] = None


class Cpu(Element):
    """<cpu>."""

    mode: Attr[CpuMode] = None
    match: Attr[CpuMatch] = None
    check: Attr[CpuCheck] = None
    migratable: Attr[OnOff] = None
    deprecated_features: Attr[OnOff] = None
    model: Child[CpuModel] = None
    vendor: Value[str] = None
    topology: Child[Topology] = None
    cache: Child[CpuCache] = None
    maxphysaddr: Child[MaxPhysAddr] = None
    feature: Children[CpuFeature] = field(default_factory=list)
    numa: Child[Numa] = None

    def defaults(self) -> None:
        """How the model is meant; what goes with a model only is dropped where there is none."""
        model = self.model
        if self.mode in ("host-passthrough", "maximum") or (
            model is not None and model.name is None and model.vendor_id is None
        ):
            self.model = model = None
        if model is not None and model.name is not None:
            model.fallback = model.fallback or "allow"
        named = model is not None and model.name is not None
        if self.mode in (None, "custom"):
            self.mode = "custom" if named else None
            self.match = (self.match or "exact") if named else None
        else:
            self.match = None
        if self.mode is None:
            self.check = self.deprecated_features = None
        if self.mode in ("host-passthrough", "maximum"):
            self.vendor = None

    def problems(self) -> Iterator[str]:
        """Each feature is named once, and wanted of a model; addresses have their bits."""
        names = [feature.name for feature in self.feature]
        for name in sorted(repeated(names)):
            yield f"feature '{name}' is given more than once"
        named = self.mode not in (None, "custom") or (self.model and self.model.name)
        if not named and self.feature:
            yield "features without a CPU model"
        if not named and self.vendor:
            yield "a vendor without a CPU model"
        if self.migratable is not None and self.mode not in ("host-passthrough", "maximum"):
            yield "'migratable' goes with mode 'host-passthrough' and 'maximum'"
        address = self.maxphysaddr
        if address and address.limit is not None and address.mode != "passthrough":
            yield "maxphysaddr: 'limit' goes with mode 'passthrough'"
