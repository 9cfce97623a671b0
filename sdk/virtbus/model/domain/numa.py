"""<numatune>, and <numa> of <cpu>: memory near and far, the host's and the guest's."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Section
from ..engine.number_sets import CpuSet, NodeSet, numbers
from ..engine.values import UInt, ULong, Unit, YesNo, scaled

MemoryMode: TypeAlias = Literal["strict", "preferred", "interleave", "restrictive"]
KIB = Unit("KiB", "KiB")
HERE = 10
"""The distance of a cell to itself."""


class NumaMemory(Element):
    """<memory>: which of the host's nodes the guest's memory comes from."""

    mode: Attr[MemoryMode] = None
    nodeset: Attr[NodeSet] = None
    placement: Attr[Literal["static", "auto"]] = None

    def problems(self) -> Iterator[str]:
        """Static placement names the nodes."""
        if self.placement == "static" and self.nodeset is None:
            yield "nodeset for NUMA memory tuning must be set if 'placement' is 'static'"


class NumaMemoryNode(Element, kw_only=True):
    """<memnode>: the same for one of the guest's nodes."""

    cellid: Needed[UInt]
    mode: Attr[MemoryMode] = None
    nodeset: Needed[NodeSet]

    def defaults(self) -> None:
        """Strict unless it says otherwise."""
        self.mode = self.mode or "strict"


class NumaTune(Element):
    """<numatune>."""

    memory: Child[NumaMemory] = None
    memnode: Children[NumaMemoryNode] = field(default_factory=list)

    def defaults(self) -> None:
        """The nodes in order."""
        self.memnode.sort(key=lambda node: node.cellid)

    def problems(self) -> Iterator[str]:
        """Each node once, and never beside automatic placement."""
        cells = [node.cellid for node in self.memnode]
        if len(cells) != len(set(cells)):
            yield "a NUMA node has more than one <memnode>"
        if self.memnode and self.memory is not None:
            if self.memory.placement == "auto":
                yield "<memnode> goes with static placement only"
            restrictive = [node.mode == "restrictive" for node in self.memnode]
            if any(r != (self.memory.mode == "restrictive") for r in restrictive):
                yield "'restrictive' must be the mode of <memory> and of all <memnode>, or of none"


class Sibling(Element, kw_only=True):
    """<sibling>: how far another node is."""

    id: Needed[UInt]
    value: Needed[UInt]

    def problems(self) -> Iterator[str]:
        """Distances are 10 (here) to 255 (out of reach)."""
        if not 10 <= self.value <= 255:
            yield f"the distance {self.value} is not within 10..255"


class Distances(Element):
    """<distances>."""

    sibling: Children[Sibling] = field(default_factory=list)

    def defaults(self) -> None:
        """The nodes in order."""
        self.sibling.sort(key=lambda sibling: sibling.id)


class CacheSize(Element, kw_only=True):
    """<size>: of a memory-side cache."""

    value: Needed[ULong]
    unit: Attr[str] = None

    def defaults(self) -> None:
        """The size in KiB."""
        self.value, self.unit = scaled(self.value, self.unit, KIB), "KiB"


class CacheLine(Element, kw_only=True):
    """<line>: what it fetches at once."""

    value: Needed[ULong]
    unit: Attr[str] = None

    def defaults(self) -> None:
        """The size in bytes."""
        self.value, self.unit = scaled(self.value, self.unit, Unit("B", "B")), "B"


class NumaCache(Element, kw_only=True):
    """<cache>: a memory-side cache of a node."""

    level: Needed[UInt]
    associativity: Needed[Literal["none", "direct", "full"]]
    policy: Needed[Literal["none", "writeback", "writethrough"]]
    size: Section[CacheSize]
    line_size: Annotated[Child[CacheLine], Name("line")] = None


class NumaCell(Element, kw_only=True):
    """<cell>: one of the guest's nodes."""

    id: Attr[UInt] = None
    cpus: Attr[CpuSet] = None
    memory: Needed[ULong]
    unit: Attr[str] = None
    mem_access: Annotated[Attr[Literal["shared", "private"]], Name("memAccess")] = None
    discard: Attr[YesNo] = None
    distances: Child[Distances] = None
    cache: Children[NumaCache] = field(default_factory=list)

    def defaults(self) -> None:
        """The memory in KiB."""
        self.memory, self.unit = scaled(self.memory, self.unit, KIB), "KiB"

    @property
    def size_kib(self) -> int:
        """The node's memory."""
        return scaled(self.memory, self.unit, KIB)


AccessKind: TypeAlias = Literal["access", "read", "write"]


class Latency(Element, kw_only=True):
    """<latency>: nanoseconds from a node to memory."""

    initiator: Needed[UInt]
    target: Needed[UInt]
    cache: Attr[UInt] = None
    type: Needed[AccessKind]
    value: Needed[ULong]


class Bandwidth(Element, kw_only=True):
    """<bandwidth>: from a node to memory, a second."""

    initiator: Needed[UInt]
    target: Needed[UInt]
    cache: Attr[UInt] = None
    type: Needed[AccessKind]
    value: Needed[ULong]
    unit: Attr[str] = None

    def defaults(self) -> None:
        """The bandwidth in KiB."""
        self.value, self.unit = scaled(self.value, self.unit, KIB), "KiB"


class Interconnects(Element):
    """<interconnects>: what the guest's firmware says of the ways between nodes."""

    latency: Children[Latency] = field(default_factory=list)
    bandwidth: Children[Bandwidth] = field(default_factory=list)

    def defaults(self) -> None:
        """Nothing is cached by level 0."""
        for each in self.links:
            each.cache = each.cache or None

    @property
    def links(self) -> list[Latency | Bandwidth]:
        """All that is told of ways, in libvirt's order."""
        return [*self.latency, *self.bandwidth]


class Numa(Element):
    """<numa>."""

    cell: Children[NumaCell] = field(default_factory=list)
    interconnects: Child[Interconnects] = None

    def defaults(self) -> None:
        """Cells are numbered in the document's order unless they say so, and kept in order."""
        for number, cell in enumerate(self.cell):
            cell.id = number if cell.id is None else cell.id
        self.cell.sort(key=lambda cell: cell.id or 0)
        self._mirror_distances()

    def _mirror_distances(self) -> None:
        """What is told of one way holds for the way back; a cell that has any is near itself."""
        told = [
            {s.id: s.value for s in cell.distances.sibling} if cell.distances else {}
            for cell in self.cell
        ]
        both: list[dict[int, int]] = [dict(ways) for ways in told]
        for here, ways in enumerate(told):
            for there, value in ways.items():
                if there < len(both):
                    both[there].setdefault(here, value)
        for here, (cell, ways) in enumerate(zip(self.cell, both, strict=True)):
            if ways:
                ways.setdefault(here, HERE)
                cell.distances = Distances(
                    sibling=[Sibling(id=there, value=ways[there]) for there in sorted(ways)]
                )

    def problems(self) -> Iterator[str]:
        """Numbers without gaps; each processor in one cell; distances that lead somewhere."""
        count = len(self.cell)
        ids = [number if cell.id is None else cell.id for number, cell in enumerate(self.cell)]
        if sorted(ids) != list(range(count)):
            yield f"the cells must be numbered 0 to {count - 1}, each once"
        cpus = [cpu for cell in self.cell for cpu in numbers(cell.cpus)]
        if len(cpus) != len(set(cpus)):
            yield "a processor is in more than one cell"
        for number, cell in zip(ids, self.cell, strict=True):
            if cell.distances is not None and not cell.distances.sibling:
                yield f"cell {number} has <distances> without a <sibling>"
            for sibling in cell.distances.sibling if cell.distances else ():
                if sibling.id >= count:
                    yield f"cell {number} has a distance to cell {sibling.id}, which is not there"
                if (sibling.value == HERE) != (sibling.id == number):
                    yield f"distance 10 is that of a cell to itself (cell {number})"
