"""<cpu> of the host."""

from typing import Annotated

from msgspec import field

from ..domain.cpu import MaxPhysAddr, Topology
from ..engine.declare import Attr, Child, Children, Element, Flag, Name, Needed, Value
from ..engine.values import Positive, UInt, ULong, YesNo


class HostCpuFeature(Element, kw_only=True):
    """<feature>: one CPUID feature beyond the model's own."""

    name: Needed[str]


class BasicCpuFeatures(Element):
    """<features>: what old documents say of a processor."""

    pae: Flag = False
    nonpae: Flag = False
    vmx: Flag = False
    svm: Flag = False


class Microcode(Element, kw_only=True):
    """<microcode>: the version that is loaded."""

    version: Needed[Positive]


class CpuSignature(Element, kw_only=True):
    """<signature>: the numbers the maker gave the model."""

    family: Needed[UInt]
    model: Needed[UInt]
    stepping: Needed[UInt]


class Counter(Element, kw_only=True):
    """<counter>: a clock of the processor; with scaling, guests can be given another frequency."""

    name: Needed[str]
    frequency_hz: Annotated[Needed[ULong], Name("frequency")]
    scaling: Attr[YesNo] = None


class PageSize(Element, kw_only=True):
    """<pages>: a size of memory pages the processor knows."""

    unit: Attr[str] = None
    size_in_unit: Annotated[Needed[UInt], Name("size")]


class HostCpu(Element):
    """<cpu> of <host>."""

    arch: Value[str] = None
    basic_features: Annotated[Child[BasicCpuFeatures], Name("features")] = None
    model: Value[str] = None
    vendor: Value[str] = None
    microcode: Child[Microcode] = None
    signature: Child[CpuSignature] = None
    counters: Annotated[Children[Counter], Name("counter")] = field(default_factory=list)
    topology: Child[Topology] = None
    maxphysaddr: Child[MaxPhysAddr] = None
    features: Annotated[Children[HostCpuFeature], Name("feature")] = field(default_factory=list)
    page_sizes: Annotated[Children[PageSize], Name("pages")] = field(default_factory=list)
