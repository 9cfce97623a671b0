"""<cpu>: the ways to choose a guest's processor, and the models there are."""

from typing import Annotated, Literal

from msgspec import field

from ..domain.cpu import CpuFeature, CpuMode, MaxPhysAddr
from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Text, Value
from ..engine.values import YesNo
from .support import Choices


class ModelEntry(Element):
    """A model, or what keeps one from running here, which stands behind it."""


class UsableModel(ModelEntry):
    """<model>: a CPU model, and whether this host can run it."""

    TAG = "model"

    usable: Attr[Literal["yes", "no", "unknown"]] = None
    deprecated: Attr[YesNo] = None
    fallback: Attr[Literal["allow", "forbid"]] = None
    vendor_id: Attr[str] = None
    vendor: Attr[str] = None
    canonical: Attr[str] = None
    name: Text[str] = None


class BlockingFeature(Element, kw_only=True):
    """<feature>: one that the host lacks."""

    name: Needed[str]


class Blockers(ModelEntry, kw_only=True):
    """<blockers>: why a model cannot run here."""

    TAG = "blockers"

    model: Needed[str]
    features: Annotated[Children[BlockingFeature], Name("feature")] = field(default_factory=list)


class CpuModeSupport(Element, kw_only=True):
    """<mode>: one way to choose the guest's CPU; of "host-model", the CPU that it makes."""

    name: Needed[CpuMode]
    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)
    models: Children[ModelEntry] = field(default_factory=list)
    vendor: Value[str] = None
    maxphysaddr: Child[MaxPhysAddr] = None
    features: Annotated[Children[CpuFeature], Name("feature")] = field(default_factory=list)


class CpuSupport(Element):
    """<cpu>."""

    modes: Annotated[Children[CpuModeSupport], Name("mode")] = field(default_factory=list)
