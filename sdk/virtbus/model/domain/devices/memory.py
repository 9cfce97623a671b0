"""<memory> of <devices>: memory on modules, persistent memory, memory sealed in enclaves."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import (
    LIVE,
    Attr,
    Child,
    Element,
    Flag,
    Name,
    Needed,
    Section,
    Value,
)
from ...engine.number_sets import NodeSet
from ...engine.values import Hex, UInt, Uuid, YesNo
from ..memory import SizeKib
from .address import Address
from .common import Alias

MemoryModel: TypeAlias = Literal["dimm", "nvdimm", "virtio-pmem", "virtio-mem", "sgx-epc"]
MIN_LABEL_KIB = 128

_SOURCE_OF: dict[MemoryModel, tuple[str, ...]] = {
    "dimm": ("nodemask", "pagesize"),
    "nvdimm": ("path", "alignsize", "pmem"),
    "virtio-pmem": ("path",),
    "virtio-mem": ("nodemask", "pagesize"),
    "sgx-epc": ("nodemask",),
}
_TARGET_OF: dict[MemoryModel, tuple[str, ...]] = {
    "dimm": (),
    "nvdimm": ("label", "readonly"),
    "virtio-pmem": ("address",),
    "virtio-mem": ("dynamic_memslots", "block", "requested", "current", "address"),
    "sgx-epc": (),
}


class MemorySource(Element):
    """<source>: where on the host it comes from."""

    nodemask: Value[NodeSet] = None
    pagesize: Child[SizeKib] = None
    path: Value[str] = None
    alignsize: Child[SizeKib] = None
    pmem: Flag = False


class MemoryLabel(Element, kw_only=True):
    """<label>: the part of an NVDIMM that holds its namespaces."""

    size: Section[SizeKib]


class BaseAddress(Element, kw_only=True):
    """<address>: where in the guest's memory it begins."""

    base: Attr[Annotated[int, Hex(2**64 - 1, 1)]] = None


class MemoryTarget(Element, kw_only=True):
    """<target>: what the guest sees."""

    dynamic_memslots: Annotated[Attr[YesNo], Name("dynamicMemslots")] = None
    size: Section[SizeKib]
    node: Value[UInt] = None
    label: Child[MemoryLabel] = None
    readonly: Flag = False
    block: Child[SizeKib] = None
    requested: Child[SizeKib] = None
    current: Annotated[Child[SizeKib], LIVE] = None
    address: Child[BaseAddress] = None

    def defaults(self) -> None:
        """A size of 0 and an address of 0 are none."""
        if self.block is not None and not self.block.size_kib:
            self.block = None
        if self.address is not None and not self.address.base:
            self.address = None
        if self.label is not None and not self.label.size.size_kib:
            self.label = None

    @property
    def label_kib(self) -> int:
        """The size of the label; 0 when there is none."""
        return self.label.size.size_kib if self.label else 0


class MemoryDevice(Element, kw_only=True):
    """<memory>."""

    model: Needed[MemoryModel]
    access: Attr[Literal["shared", "private"]] = None
    discard: Attr[YesNo] = None
    uuid: Value[Uuid] = None
    source: Child[MemorySource] = None
    target: Section[MemoryTarget]
    alias: Child[Alias] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """What the model does not have is dropped."""
        _keep(self.source, _SOURCE_OF[self.model], _ALL_SOURCE)
        _keep(self.target, _TARGET_OF[self.model], _ALL_TARGET)
        if self.model != "nvdimm":
            self.uuid = None
        source = self.source
        if source is not None and not any(getattr(source, name) for name in _ALL_SOURCE):
            self.source = None

    def problems(self) -> Iterator[str]:
        """Parts are smaller than the whole; persistent memory has a file."""
        target, source = self.target, self.source
        size_kib = target.size.size_kib
        label_kib = target.label_kib
        if label_kib and label_kib < MIN_LABEL_KIB:
            yield f"the label must have at least {MIN_LABEL_KIB} KiB"
        if label_kib and label_kib >= size_kib:
            yield "the label must be smaller than the NVDIMM"
        if self.model in ("nvdimm", "virtio-pmem") and not (source and source.path):
            yield f"model '{self.model}' needs a path"
        if self.model == "virtio-mem":
            yield from self._block_problems()
        if self.model in ("virtio-pmem", "sgx-epc") and self.discard is not None:
            yield f"model '{self.model}' cannot discard"
        if self.model == "virtio-pmem" and self.access not in (None, "shared"):
            yield "model 'virtio-pmem' is always shared"

    def _block_problems(self) -> Iterator[str]:
        target = self.target
        requested_kib = target.requested.size_kib if target.requested else 0
        if requested_kib > target.size.size_kib:
            yield "requested is more than the size"
        if target.block is None:
            yield "model 'virtio-mem' needs a block size"
            return
        block_kib = target.block.size_kib
        if block_kib & (block_kib - 1):
            yield "the block size must be a power of 2"
        if requested_kib % block_kib:
            yield "requested must be a multiple of the block size"


_ALL_SOURCE = ("nodemask", "pagesize", "path", "alignsize", "pmem")
_ALL_TARGET = (
    "dynamic_memslots", "label", "readonly", "block", "requested", "current", "address",
)  # fmt: skip


_FLAGS = ("pmem", "readonly")


def _keep(element: Element | None, kept: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Empty the fields `names` that are not among `kept`."""
    if element is None:
        return
    for name in names:
        if name not in kept:
            setattr(element, name, False if name in _FLAGS else None)
