"""Objects that stand for memory of the host: -object memory-backend-*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.memory import MemoryDevice
from virtbus.model.domain.memory_tuning import MemoryBacking
from virtbus.model.domain.numa import NumaCell, NumaTune
from virtbus.model.engine.number_sets import numbers

from ..aliases import alias_of
from ..capabilities import QemuCapabilities
from ..runtime import RuntimePaths
from ..words import invalid, json_option

_POLICIES = {"strict": "bind", "preferred": "preferred", "interleave": "interleave"}


class Backend(NamedTuple):
    """An object's properties; whether it says more than a plain size would."""

    properties: dict[str, Any]
    needed: bool
    nodes: tuple[int, ...]  # of the host, that the memory comes from


class Wanted(NamedTuple):
    """A piece of memory: for all of the guest, for one NUMA cell, or for a device."""

    id: str
    size_kib: int
    cell: int | None = None
    device: MemoryDevice | None = None
    system: bool = False  # all that a guest without NUMA has


class _Pages(NamedTuple):
    size_kib: int  # 0 for ordinary pages
    told: bool  # by the device or for the cell, not only for the whole guest


class Backends:
    """Makes the objects of one guest."""

    def __init__(self, domain: Domain, caps: QemuCapabilities, runtime: RuntimePaths) -> None:
        self._caps = caps
        self._runtime = runtime
        self._backing = domain.memory_backing or MemoryBacking()
        self._tune = domain.numatune or NumaTune()
        numa = domain.cpu.numa if domain.cpu else None
        self._cells: list[NumaCell] = numa.cell if numa else []

    def make(self, wanted: Wanted) -> Backend:
        """The object of one piece of memory."""
        backing, device = self._backing, wanted.device
        pages = self.pages(wanted)
        shared = self._shared(wanted)
        path = device.source.path if device and device.source else None
        kind = backing.source.type if backing.source else None
        properties: dict[str, Any] = {"qom-type": "memory-backend-ram", "id": wanted.id}
        named = False  # under a name that older guests know it by
        if device is not None and device.model == "sgx-epc":
            properties["qom-type"] = "memory-backend-epc"
        elif path is None and kind == "memfd":
            properties["qom-type"] = "memory-backend-memfd"
            if pages.size_kib:
                properties |= {"hugetlb": True, "hugetlbsize": pages.size_kib * 1024}
            properties["share"] = shared
            named = wanted.system
        elif path or pages.size_kib or shared is not None or kind == "file":
            properties["qom-type"] = "memory-backend-file"
            properties["mem-path"] = path or self._path(wanted, pages)
            properties["discard-data"] = None if path else self._discard(wanted)
            properties["share"] = shared
            named = wanted.system
        if named and self._caps.has_property(
            properties["qom-type"], "x-use-canonical-path-for-ramblock-id"
        ):
            properties["x-use-canonical-path-for-ramblock-id"] = False
        self._allocation(properties, wanted, pages)
        properties["size"] = wanted.size_kib * 1024
        source = device.source if device else None
        if source is not None and source.alignsize is not None and source.alignsize.size_kib:
            properties["align"] = source.alignsize.size_kib * 1024
        if source is not None and source.pmem:
            properties["pmem"] = True
        nodes = self._nodes(properties, wanted)
        told = source is not None and source.nodemask is not None
        needed = (
            (pages.told or told or self._bound(wanted.cell) or bool(path))
            or shared is not None
            or kind in ("file", "memfd")
        )
        return Backend(properties, needed, nodes)

    def pages(self, wanted: Wanted) -> _Pages:
        """The huge pages it is made of."""
        source = wanted.device.source if wanted.device else None
        size_kib = source.pagesize.size_kib if source and source.pagesize else 0
        if size_kib:
            return self._huge(size_kib, True)
        general: int | None = None
        huge = self._backing.hugepages
        if huge is None or (source is not None and source.path):
            return _Pages(0, False)
        if not huge.page:
            return self._huge(0, False)
        for page in huge.page:
            if page.nodeset is None:
                general = page.size_kib
            elif wanted.cell is not None and wanted.cell in numbers(page.nodeset):
                return self._huge(page.size_kib, True)
        return _Pages(0, False) if general is None else self._huge(general, False)

    def _huge(self, size_kib: int, told: bool) -> _Pages:
        size_kib = size_kib or self._runtime.default_hugepage_kib
        ordinary = size_kib == self._runtime.page_kib
        return _Pages(0, False) if ordinary else _Pages(size_kib, told)

    def _path(self, wanted: Wanted, pages: _Pages) -> str:
        if not pages.size_kib:
            name = alias_of(wanted.device) if wanted.device else wanted.id
            return f"{self._runtime.memory_directory}/{name}"
        path = self._runtime.hugepage_directories.get(pages.size_kib)
        if path is None:
            raise invalid("memoryBacking/hugepages", f"no pages of {pages.size_kib} KiB here")
        return path

    def _shared(self, wanted: Wanted) -> bool | None:
        mode = wanted.device.access if wanted.device else None
        if mode is None and wanted.cell is not None and wanted.cell < len(self._cells):
            mode = self._cells[wanted.cell].mem_access
        if mode is None and self._backing.access is not None:
            mode = self._backing.access.mode
        return None if mode is None else mode == "shared"

    def _discard(self, wanted: Wanted) -> bool | None:
        discard = wanted.device.discard if wanted.device else None
        if discard is None and wanted.cell is not None and wanted.cell < len(self._cells):
            discard = self._cells[wanted.cell].discard
        return discard if discard is not None else (self._backing.discard or None)

    def preallocates(self, wanted: Wanted) -> bool:
        """Whether the host sets the memory aside before the guest runs."""
        allocation = self._backing.allocation
        if allocation is not None and allocation.mode == "immediate":
            return True
        device = wanted.device
        if device is not None and device.model in ("nvdimm", "virtio-pmem"):
            return device.model == "nvdimm" and not (device.source and device.source.pmem)
        return bool(self.pages(wanted).size_kib)

    def _allocation(self, properties: dict[str, Any], wanted: Wanted, pages: _Pages) -> None:
        device = wanted.device
        if device is not None and device.model == "virtio-mem":
            if self._caps.has_property("memory-backend-file", "reserve"):
                properties["reserve"] = False
            return
        epc = device is not None and device.model == "sgx-epc"
        if epc or self.preallocates(wanted):
            properties["prealloc"] = True
        threads = self._backing.allocation.threads if self._backing.allocation else None
        properties["prealloc-threads"] = threads or None

    def _bound(self, cell: int | None) -> bool:
        return cell is not None and any(node.cellid == cell for node in self._tune.memnode)

    def _nodes(self, properties: dict[str, Any], wanted: Wanted) -> tuple[int, ...]:
        """Bind it to nodes of the host, as told for the device, the cell, or the guest."""
        memory = self._tune.memory
        own = next((n for n in self._tune.memnode if n.cellid == wanted.cell), None)
        mode = (own.mode if own else memory.mode if memory else None) or "strict"
        source = wanted.device.source if wanted.device else None
        if source is not None and source.nodemask:
            told: str | None = source.nodemask
        elif own is not None:
            told = own.nodeset
        elif memory is not None:
            told = self._runtime.advised_nodes if memory.placement == "auto" else memory.nodeset
        else:
            told = None
        nodes = numbers(told)
        known = self._runtime.host_nodes
        if known is not None and not known.issuperset(nodes):
            raise invalid("numatune", f"the host has no NUMA node {min(set(nodes) - known)}")
        if nodes and mode != "restrictive":
            properties["host-nodes"] = list(nodes)
            properties["policy"] = _POLICIES[mode]
        return nodes

    def options(self, backend: Backend) -> Iterator[str]:
        """The object's arguments, and those of the thread that fills it near its nodes."""
        properties = backend.properties
        if backend.nodes and properties.get("prealloc") and self._caps.has("object-thread-context"):
            context = f"tc-{properties['id']}"
            near = {"qom-type": "thread-context", "id": context}
            yield from ("-object", json_option(near | {"node-affinity": list(backend.nodes)}))
            properties["prealloc-context"] = context
        yield from ("-object", json_option(properties))
