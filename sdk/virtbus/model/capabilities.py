"""<capabilities>: what the host is, and which guests its hypervisors can run."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from .domain.cpu import Topology
from .domain.memory import Memory
from .domain.root import DomainType
from .engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    NeededValue,
    Section,
    Text,
    Value,
)
from .engine.document import Document
from .engine.values import OnOff, Positive, UInt, Uuid, YesNo


class HostCpuFeature(Element, kw_only=True):
    """<feature>: one CPUID feature beyond the model's own."""

    name: Needed[str]


class HostCpu(Element):
    """<cpu> of <host>."""

    arch: Value[str] = None
    model: Value[str] = None
    vendor: Value[str] = None
    topology: Child[Topology] = None
    features: Annotated[Children[HostCpuFeature], Name("feature")] = field(default_factory=list)


class CellCpu(Element, kw_only=True):
    """<cpu> of a cell: one processor, and whom it shares a socket and core with."""

    id: Needed[UInt]
    socket_id: Attr[UInt] = None
    die_id: Attr[UInt] = None
    cluster_id: Attr[UInt] = None
    core_id: Attr[UInt] = None
    siblings: Attr[str] = None


class CellCpus(Element, kw_only=True):
    """<cpus> of a cell."""

    num: Needed[UInt]
    cpus: Annotated[Children[CellCpu], Name("cpu")] = field(default_factory=list)


class Cell(Element, kw_only=True):
    """<cell>: one NUMA node."""

    id: Needed[UInt]
    memory: Child[Memory] = None
    cpus: Child[CellCpus] = None


class Cells(Element, kw_only=True):
    """<cells>: all NUMA nodes."""

    num: Needed[UInt]
    cells: Annotated[Children[Cell], Name("cell")] = field(default_factory=list)


class HostTopology(Element):
    """<topology> of <host>."""

    cells: Child[Cells] = None


class SecurityModel(Element):
    """<secmodel>: a security driver in use."""

    model: Value[str] = None
    doi: Value[str] = None


class Host(Element):
    """<host>."""

    uuid: Value[Uuid] = None
    cpu: Child[HostCpu] = None
    topology: Child[HostTopology] = None
    secmodels: Annotated[Children[SecurityModel], Name("secmodel")] = field(default_factory=list)


class Machine(Element):
    """<machine>: a machine type, and the name it is short for."""

    canonical: Attr[str] = None
    max_cpus: Annotated[Attr[Positive], Name("maxCpus")] = None
    name: Text[str] = None


class GuestDomain(Element, kw_only=True):
    """<domain>: a domain type that can run such a guest."""

    type: Needed[DomainType]


class GuestArch(Element, kw_only=True):
    """<arch>: one architecture guests can have."""

    name: Needed[str]
    wordsize: Value[UInt] = None
    emulator: Value[str] = None
    machines: Annotated[Children[Machine], Name("machine")] = field(default_factory=list)
    domains: Annotated[Children[GuestDomain], Name("domain")] = field(default_factory=list)


class Toggle(Element):
    """A feature with its default, and whether a guest may change it."""

    default: Attr[OnOff] = None
    toggle: Attr[YesNo] = None


class GuestFeatures(Element):
    """<features> of <guest>."""

    pae: Flag = False
    acpi: Child[Toggle] = None
    apic: Child[Toggle] = None
    cpuselection: Flag = False
    deviceboot: Flag = False


class Guest(Element, kw_only=True):
    """<guest>: a kind of guest the host can run."""

    os_type: NeededValue[str]
    arch: Section[GuestArch]
    features: Child[GuestFeatures] = None


class Capabilities(Element):
    """<capabilities>."""

    host: Section[Host] = field(default_factory=Host)
    guests: Annotated[Children[Guest], Name("guest")] = field(default_factory=list)


CAPABILITIES = Document("capabilities", Capabilities)
