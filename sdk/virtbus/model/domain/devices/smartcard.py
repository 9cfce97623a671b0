"""<smartcard>: a card reader, with a card of the host's or of somebody's far away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ...engine.declare import Attr, Child, Name, Needed, Value, Values
from .address import Address
from .character_source import CharacterBackend, CharacterType
from .common import Acpi, Alias

CERTIFICATES = 3
"""As many as a card of mode host-certificates has."""


class Smartcard(CharacterBackend, kw_only=True):
    """<smartcard>."""

    mode: Needed[Literal["host", "host-certificates", "passthrough"]]
    type: Attr[CharacterType] = None
    certificates: Annotated[Values[str], Name("certificate")] = field(default_factory=list)
    database: Value[str] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """What belongs to other modes goes."""
        if self.mode != "host-certificates":
            self.certificates = []
            self.database = None
        if self.mode == "passthrough" and self.type:
            self.settle(self.type)
        else:
            self.type = self.protocol = self.log = None
            self.sources = []

    def problems(self) -> Iterator[str]:
        """The card is complete, and sits in a reader's slot."""
        if self.mode == "host-certificates":
            if len(self.certificates) != CERTIFICATES:
                yield f"mode 'host-certificates' needs {CERTIFICATES} certificates"
            if self.database is not None and not self.database.startswith("/"):
                yield "the database's path must be absolute"
        elif self.mode == "passthrough":
            if self.type is None:
                yield "mode 'passthrough' needs a 'type'"
            else:
                yield from self.line_problems(self.type)
        if self.address is not None and self.address.type != "ccid":
            yield "a smartcard needs an address of type 'ccid'"
