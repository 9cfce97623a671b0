"""<rng>: a source of random numbers for the guest."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ...engine.declare import Attr, Child, Element, Name, Needed, Section, Text
from ...engine.values import UInt
from .address import Address
from .character_source import CharacterBackend, CharacterType
from .common import Acpi, Alias, VirtioDriver


class RngRate(Element):
    """<rate>: at most so many bytes in a period."""

    MAY_BE_EMPTY = False

    bytes: Attr[UInt] = None
    period_ms: Annotated[Attr[UInt], Name("period")] = None

    def defaults(self) -> None:
        """A period of 0 is QEMU's own."""
        self.period_ms = self.period_ms or None


class RngBackend(CharacterBackend, kw_only=True):
    """<backend>: where the random bytes come from; the text is a path for model random."""

    model: Needed[Literal["random", "egd", "builtin"]]
    type: Attr[CharacterType] = None
    path: Text[str] = None

    def defaults(self) -> None:
        """What the model has always, and nothing it has no use for."""
        self.path = (self.path or "/dev/random") if self.model == "random" else None
        if self.model == "egd" and self.type:
            self.settle(self.type)
        else:
            self.type = self.protocol = self.log = None
            self.sources = []

    def problems(self) -> Iterator[str]:
        """A daemon needs a line; a path is absolute."""
        if self.model == "egd":
            if self.type is None:
                yield "model 'egd' needs a 'type'"
            else:
                yield from self.line_problems(self.type)
        elif self.model == "random" and not (self.path or "/").startswith("/"):
            yield "the backend's path must be absolute"


class Rng(Element, kw_only=True):
    """<rng>."""

    model: Needed[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]]
    rate: Child[RngRate] = None
    backend: Section[RngBackend]
    driver: Child[VirtioDriver] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """A rate of nothing is no rate."""
        if self.rate is not None and not self.rate.bytes:
            self.rate = None
