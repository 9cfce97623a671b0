"""What snapshots and checkpoints share: a parent, a name made of the time, the guest as it was."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from .domain.boot import Os
from .domain.memory import Memory
from .domain.root import Domain, DomainType
from .engine.declare import Attr, Child, Element, NeededValue, Value
from .engine.values import Integer

Seconds: TypeAlias = Annotated[int, Integer(-(2**63), 2**63 - 1)]
"""A time, in seconds since 1970."""


class MomentParent(Element, kw_only=True):
    """<parent>: the snapshot or checkpoint that came before."""

    name: NeededValue[str]


class MomentDomain(Domain, kw_only=True):
    """<domain>: the guest as it was; of old documents, and of new ones, its UUID alone."""

    type: Attr[DomainType] = None  # type: ignore[assignment]  # absent in a reference
    name: Value[str] = None  # type: ignore[assignment]  # absent in a reference
    memory: Child[Memory] = None  # type: ignore[assignment]  # absent in a reference
    os: Child[Os] = None  # type: ignore[assignment]  # absent in a reference

    @property
    def whole(self) -> bool:
        """Whether it is more than a reference to the guest."""
        return self.type is not None

    def defaults(self) -> None:
        """A reference has its UUID and no more."""
        if self.whole:
            super().defaults()
            return
        reference = MomentDomain(uuid=self.uuid, line=self.line)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(reference, name))

    def problems(self) -> Iterator[str]:
        """Whole or a reference; what was right when it was kept is not judged again."""
        missing = [name for name in ("name", "memory", "os") if getattr(self, name) is None]
        if self.whole and missing:
            yield f"element '{missing[0]}' is missing"
