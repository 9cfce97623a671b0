"""<host>: the machine that guests run on."""

from typing import Annotated

from msgspec import field

from ..engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    Text,
    Value,
    Values,
)
from ..engine.values import Uuid, YesNo
from .cpu import HostCpu
from .resources import HostCache, MemoryBandwidth
from .topology import HostTopology


class HostPower(Element):
    """<power_management>: the ways the host can sleep."""

    suspend_mem: Flag = False
    suspend_disk: Flag = False
    suspend_hybrid: Flag = False


class HostIommu(Element):
    """<iommu>: whether devices can be given to guests safely."""

    support: Attr[YesNo] = None


class UriTransports(Element):
    """<uri_transports>."""

    transports: Annotated[Values[str], Name("uri_transport")] = field(default_factory=list)


class MigrationFeatures(Element):
    """<migration_features>: whether guests can move, and over what."""

    live: Flag = False
    uri_transports: Child[UriTransports] = None


class BaseLabel(Element, kw_only=True):
    """<baselabel>: what guests of a domain type are labelled with by default."""

    type: Needed[str]
    label: Text[str] = None


class SecurityModel(Element):
    """<secmodel>: a security driver in use."""

    model: Value[str] = None
    doi: Value[str] = None
    baselabels: Annotated[Children[BaseLabel], Name("baselabel")] = field(default_factory=list)


class Host(Element):
    """<host>."""

    uuid: Value[Uuid] = None
    cpu: Child[HostCpu] = None
    power_management: Child[HostPower] = None
    iommu: Child[HostIommu] = None
    migration_features: Child[MigrationFeatures] = None
    netprefix: Value[str] = None
    topology: Child[HostTopology] = None
    cache: Child[HostCache] = None
    memory_bandwidth: Child[MemoryBandwidth] = None
    secmodels: Annotated[Children[SecurityModel], Name("secmodel")] = field(default_factory=list)
