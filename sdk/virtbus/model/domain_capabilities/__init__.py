"""<domainCapabilities>: what one emulator offers for one machine and domain type."""

from typing import Annotated

from msgspec import field

from ..domain.root import DomainType
from ..engine.declare import (
    Child,
    Children,
    Element,
    Name,
    Needed,
    NeededValue,
    Value,
    Values,
)
from ..engine.document import Report
from ..engine.values import UInt, YesNo
from .cpu import Blockers, BlockingFeature, CpuModeSupport, CpuSupport, ModelEntry, UsableModel
from .features import FeatureSupport, SevSupport, SgxSupport
from .support import Choices, Support

__all__ = [
    "DOMAIN_CAPABILITIES",
    "Blockers",
    "BlockingFeature",
    "Choices",
    "CpuModeSupport",
    "CpuSupport",
    "DeviceSupport",
    "DomainCapabilities",
    "FeatureSupport",
    "LoaderSupport",
    "ModelEntry",
    "OsSupport",
    "SevSupport",
    "SgxSupport",
    "Support",
    "UsableModel",
    "Vcpus",
]


class LoaderSupport(Element, kw_only=True):
    """<loader>: firmware files known on the host, and how they are mapped."""

    supported: Needed[YesNo]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)


class OsSupport(Element, kw_only=True):
    """<os>."""

    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)
    loader: Child[LoaderSupport] = None


class Vcpus(Element, kw_only=True):
    """<vcpu>: the most processors a guest may have."""

    max: Needed[UInt]


class DeviceSupport(Element):
    """<devices>: per kind of device, what may be asked for."""

    disk: Child[Support] = None
    graphics: Child[Support] = None
    video: Child[Support] = None
    hostdev: Child[Support] = None
    rng: Child[Support] = None
    filesystem: Child[Support] = None
    tpm: Child[Support] = None
    redirdev: Child[Support] = None
    channel: Child[Support] = None
    crypto: Child[Support] = None
    interface: Child[Support] = None
    panic: Child[Support] = None


class DomainCapabilities(Element, kw_only=True):
    """<domainCapabilities>."""

    path: Value[str] = None
    domain: NeededValue[DomainType]
    machine: Value[str] = None
    arch: NeededValue[str]
    vcpu: Child[Vcpus] = None
    iothreads: Child[Support] = None
    os: Child[OsSupport] = None
    cpu: Child[CpuSupport] = None
    memory_backing: Annotated[Child[Support], Name("memoryBacking")] = None
    devices: Child[DeviceSupport] = None
    features: Child[FeatureSupport] = None


DOMAIN_CAPABILITIES = Report("domainCapabilities", DomainCapabilities)
