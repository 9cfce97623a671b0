"""<topology> of the host: its NUMA nodes, with their memory and processors."""

from typing import Annotated

from msgspec import field

from ..domain.memory import Memory
from ..domain.numa import Distances, Interconnects, NumaCache
from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Text
from ..engine.values import UInt, ULong


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


class CellPages(Element, kw_only=True):
    """<pages>: how many memory pages of a size a node has."""

    unit: Attr[str] = None
    size_in_unit: Annotated[Needed[UInt], Name("size")]
    count: Text[ULong] = None


class Cell(Element, kw_only=True):
    """<cell>: one NUMA node."""

    id: Needed[UInt]
    memory: Child[Memory] = None
    pages: Children[CellPages] = field(default_factory=list)
    distances: Child[Distances] = None
    caches: Annotated[Children[NumaCache], Name("cache")] = field(default_factory=list)
    cpus: Child[CellCpus] = None


class Cells(Element, kw_only=True):
    """<cells>: all NUMA nodes."""

    num: Needed[UInt]
    cells: Annotated[Children[Cell], Name("cell")] = field(default_factory=list)


class HostTopology(Element):
    """<topology> of <host>."""

    cells: Child[Cells] = None
    interconnects: Child[Interconnects] = None
