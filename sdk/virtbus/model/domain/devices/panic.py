"""<panic>: how the guest tells that its kernel crashed."""

from typing import Literal, TypeAlias

from ...engine.declare import Attr, Child, Element
from .address import Address
from .common import Acpi, Alias

PanicModel: TypeAlias = Literal["default", "isa", "pseries", "hyperv", "s390", "pvpanic"]


class Panic(Element):
    """<panic>."""

    model: Attr[PanicModel] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """The machine's own is not written."""
        if self.model == "default":
            self.model = None
