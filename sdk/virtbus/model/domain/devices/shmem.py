"""<shmem>: memory that guests, or guest and host, share."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import field

from ...engine.declare import Attr, Child, Element, Needed, Section, Text
from ...engine.values import OnOff, UInt, ULong, Unit, scaled
from .address import Address
from .common import Acpi, Alias

ShmemType: TypeAlias = Literal["ivshmem", "ivshmem-plain", "ivshmem-doorbell"]
MIB_BYTES = 1024 * 1024


class ShmemModel(Element):
    """<model>: the device the guest sees."""

    type: Attr[ShmemType] = None

    def defaults(self) -> None:
        """The oldest device when none is named."""
        self.type = self.type or "ivshmem"


class ShmemSize(Element):
    """<size>, written in MiB."""

    unit: Attr[str] = None
    size: Text[ULong] = None

    def defaults(self) -> None:
        """In MiB; a part of one is kept, for those to whom it matters to refuse it."""
        size_bytes = self.size_bytes
        if size_bytes % MIB_BYTES == 0:
            self.size, self.unit = size_bytes // MIB_BYTES, "M"

    @property
    def size_bytes(self) -> int:
        """The size; 0 when it says none."""
        return scaled(self.size or 0, self.unit, Unit("b", "b"))


class ShmemServer(Element):
    """<server>: the socket of the ivshmem server; without one there is none."""

    path: Attr[str] = None


class ShmemInterrupts(Element):
    """<msi>: how guests wake each other."""

    vectors: Attr[UInt] = None
    ioeventfd: Attr[OnOff] = None


class Shmem(Element, kw_only=True):
    """<shmem>."""

    name: Needed[str]
    role: Attr[Literal["master", "peer"]] = None
    model: Section[ShmemModel] = field(default_factory=ShmemModel)
    size: Child[ShmemSize] = None
    server: Child[ShmemServer] = None
    msi: Child[ShmemInterrupts] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """The oldest device has no role; a size of nothing is none."""
        if self.model.type == "ivshmem":
            self.role = None
        if self.size is not None and not self.size.size_bytes:
            self.size = None

    def problems(self) -> Iterator[str]:
        """The name is a file's; interrupts pass through the server."""
        if "/" in self.name or self.name in (".", ".."):
            yield "the name must be one of a file, without '/'"
        if self.msi is not None and self.server is None:
            yield "msi needs a server"
