"""-m, -numa and -overcommit: how much memory there is, and where."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.numa import Latency, NumaCell

from ..machine import Board
from ..runtime import RuntimePaths
from ..words import invalid, keyed, on_off
from .memory_backend import Backend, Backends, Wanted

_ASSOCIATIVITIES = {"none": "none", "direct": "direct", "full": "complex"}
_CACHE_POLICIES = {"none": "none", "writeback": "write-back", "writethrough": "write-through"}
_HIERARCHY = ("memory", "first-level", "second-level", "third-level")
LOCAL_DISTANCE, REMOTE_DISTANCE = 10, 20


def initial_memory_kib(domain: Domain) -> int:
    """What the guest has without memory devices."""
    devices = sum(device.target.size.size_kib for device in domain.devices.memories)
    return domain.memory.size_kib - devices


def memory_options(domain: Domain, board: Board, runtime: RuntimePaths) -> Iterator[str]:
    """All memory there is when the guest starts, in one block when there are no cells."""
    size_kib = initial_memory_kib(domain)
    if size_kib <= 0:
        raise invalid("memory", "a guest needs some", domain.memory.line)
    limit = domain.max_memory
    maximum = f"{limit.size_kib}k" if limit else None
    yield "-m"
    yield keyed("", size=f"{size_kib}k", slots=limit.slots if limit else None, maxmem=maximum)
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    if board.machine.ram_id and not cells:
        backends = Backends(domain, board.caps, runtime)
        block = backends.make(Wanted(board.machine.ram_id, size_kib, system=True))
        yield from backends.options(block)
    locked = domain.memory_backing is not None and domain.memory_backing.locked
    yield from ("-overcommit", f"mem-lock={on_off(locked)}")


def numa_options(domain: Domain, board: Board, runtime: RuntimePaths) -> Iterator[str]:
    """The guest's NUMA cells, the ways between them, and their caches."""
    numa = domain.cpu.numa if domain.cpu else None
    if numa is None or not numa.cell:
        return
    links = numa.interconnects
    backends = Backends(domain, board.caps, runtime)
    made = [backends.make(_of_cell(n, cell)) for n, cell in enumerate(numa.cell)]
    hmat = links is not None
    by_object = not board.machine.numa or hmat or any(backend.needed for backend in made)
    initiators = _initiators(numa.cell)
    for number, (cell, backend) in enumerate(zip(numa.cell, made, strict=True)):
        if by_object:
            yield from backends.options(backend)
        parts = [f"node,nodeid={number}"]
        parts += [f"cpus={part}" for part in (cell.cpus or "").split(",") if part]
        if hmat:
            parts.append(f"initiator={initiators[number]}")
        parts.append(f"memdev=ram-node{number}" if by_object else f"mem={cell.size_kib // 1024}")
        yield from ("-numa", ",".join(parts))
    if not by_object:
        yield from _without_objects(made)
    yield from _distances(numa.cell)
    if links is not None:
        for link in links.links:
            yield from ("-numa", _link(link.initiator, link.target, link.cache or 0, link))
        for number, cell in enumerate(numa.cell):
            yield from _caches(number, cell)


def _without_objects(made: list[Backend]) -> Iterator[str]:
    """What the objects would say, on machines that take cells without."""
    if any(backend.properties.get("prealloc") for backend in made):
        yield "-mem-prealloc"
    path = next((b.properties["mem-path"] for b in made if "mem-path" in b.properties), None)
    if path is not None:
        yield from ("-mem-path", path)


def _of_cell(number: int, cell: NumaCell) -> Wanted:
    return Wanted(f"ram-node{number}", cell.size_kib, cell=number)


def _initiators(cells: list[NumaCell]) -> list[int]:
    """The cell whose processors are nearest to each cell's memory: its own, if it has some."""
    with_cpus = [number for number, cell in enumerate(cells) if cell.cpus]
    if not with_cpus:
        raise invalid("cpu/numa", "at least one cell must have processors")
    found = []
    for number, cell in enumerate(cells):
        if cell.cpus:
            found.append(number)
            continue
        near = [(_distance(cells, each, number), each) for each in with_cpus]
        found.append(min(near)[1])
    return found


def _distances(cells: list[NumaCell]) -> Iterator[str]:
    """All of them, once one is told."""
    if not any(cell.distances for cell in cells):
        return
    for source in range(len(cells)):
        for target in range(len(cells)):
            value = _distance(cells, source, target)
            yield from ("-numa", f"dist,src={source},dst={target},val={value}")


def _distance(cells: list[NumaCell], source: int, target: int) -> int:
    distances = cells[source].distances
    told = next((s.value for s in distances.sibling if s.id == target), 0) if distances else 0
    return told or (LOCAL_DISTANCE if source == target else REMOTE_DISTANCE)


def _link(initiator: int, target: int, cache: int, link: object) -> str:
    value, kind = getattr(link, "value", 0), getattr(link, "type", "access")
    head = f"hmat-lb,initiator={initiator},target={target},hierarchy={_HIERARCHY[cache]}"
    if isinstance(link, Latency):
        return f"{head},data-type={kind}-latency,latency={value}"
    return f"{head},data-type={kind}-bandwidth,bandwidth={value}K"


def _caches(number: int, cell: NumaCell) -> Iterator[str]:
    for cache in cell.cache:
        line = cache.line_size.value if cache.line_size else None
        yield "-numa"
        yield keyed(
            "hmat-cache",
            node_id=number,
            size=f"{cache.size.value}K",
            level=cache.level,
            associativity=_ASSOCIATIVITIES[cache.associativity],
            policy=_CACHE_POLICIES[cache.policy],
            line=line or None,
        )
