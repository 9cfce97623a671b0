"""<capabilities>: what the host is, and which guests its hypervisors can run."""

from typing import Annotated

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, Section, Values
from ..engine.document import Report
from .cpu import HostCpu, HostCpuFeature
from .guest import Guest, GuestArch, GuestDomain, GuestFeatures, Machine, Toggle
from .host import Host, SecurityModel
from .topology import Cell, CellCpu, CellCpus, Cells, HostTopology

__all__ = [
    "CAPABILITIES",
    "Capabilities",
    "Cell",
    "CellCpu",
    "CellCpus",
    "Cells",
    "Guest",
    "GuestArch",
    "GuestDomain",
    "GuestFeatures",
    "Host",
    "HostCpu",
    "HostCpuFeature",
    "HostTopology",
    "Machine",
    "SecurityModel",
    "Toggle",
]


class PoolTypes(Element, kw_only=True):
    """<enum>: the types of pools."""

    name: Needed[str]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)


class HostPools(Element):
    """<pool>: the storage pools the host can have."""

    types: Annotated[Child[PoolTypes], Name("enum")] = None


class Capabilities(Element):
    """<capabilities>."""

    host: Section[Host] = field(default_factory=Host)
    guests: Annotated[Children[Guest], Name("guest")] = field(default_factory=list)
    pool: Child[HostPools] = None


CAPABILITIES = Report("capabilities", Capabilities)
