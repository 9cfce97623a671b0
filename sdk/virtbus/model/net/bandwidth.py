"""<bandwidth>: how much traffic may pass, each way."""

from collections.abc import Iterator
from typing import Annotated

from ..engine.declare import Attr, Child, Element, Name
from ..engine.values import UInt, ULong


class Rate(Element):
    """One direction; `average`, `peak` and `floor` in KiB/s, `burst` in KiB."""

    average: Attr[ULong] = None
    peak: Attr[ULong] = None
    burst: Attr[ULong] = None
    floor: Attr[ULong] = None

    def defaults(self) -> None:
        """A number that is 0 is no limit."""
        for name in ("average", "peak", "burst", "floor"):
            setattr(self, name, getattr(self, name) or None)

    def problems(self) -> Iterator[str]:
        """The numbers that need others."""
        if self.average is None:
            if self.floor is None:
                yield "an average or a floor is needed"
            if self.peak is not None or self.burst is not None:
                yield "'peak' and 'burst' need an 'average'"


class Bandwidth(Element):
    """<bandwidth>."""

    class_id: Annotated[Attr[UInt], Name("classID")] = None
    inbound: Child[Rate] = None
    outbound: Child[Rate] = None

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is limited."""
        return self.class_id is None and self.inbound is None and self.outbound is None

    def problems(self) -> Iterator[str]:
        """Only what comes in can be guaranteed."""
        if self.outbound and self.outbound.floor is not None:
            yield "'floor' is for inbound traffic alone"
