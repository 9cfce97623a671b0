"""<lease>: a lock held while the guest runs."""

from collections.abc import Iterator
from typing import Annotated

from ...engine.declare import Attr, Element, Name, Needed, NeededValue, Section
from ...engine.values import ULong


class LeaseTarget(Element, kw_only=True):
    """<target>: the file that holds the lock, and where in it."""

    path: Needed[str]
    offset_bytes: Annotated[Attr[ULong], Name("offset")] = None


class Lease(Element, kw_only=True):
    """<lease>."""

    lockspace: NeededValue[str]
    key: NeededValue[str]
    target: Section[LeaseTarget]

    def defaults(self) -> None:
        """The beginning is where a lock is when nothing is said."""
        self.target.offset_bytes = self.target.offset_bytes or None

    def problems(self) -> Iterator[str]:
        """Both names are needed."""
        if not self.lockspace or not self.key:
            yield "a lease needs a lockspace and a key"
