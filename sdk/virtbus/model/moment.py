"""What snapshots and checkpoints share: a parent, a name made of the time, the guest as it was."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from .domain import apply_defaults
from .domain.boot import Os
from .domain.devices import Devices
from .domain.memory import Memory
from .domain.root import Domain, DomainType
from .engine import walk
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
    devices: Child[Devices] = None  # type: ignore[assignment]  # absent in a reference

    @property
    def whole(self) -> bool:
        """Whether it is more than a reference to the guest."""
        return self.type is not None

    def defaults(self) -> None:
        """A reference has its UUID and no more."""
        if self.whole:
            self.devices = self.devices or Devices()
            super().defaults()
            return
        reference = MomentDomain(uuid=self.uuid, line=self.line)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(reference, name))

    def problems(self) -> Iterator[str]:
        """None: what was right when it was kept is not judged again."""
        return iter(())


def need(element: Element, path: str, **fields: str) -> None:
    """Raise InvalidDocument for the first of the fields (and their tags) that has no value."""
    for name, tag in fields.items():
        if getattr(element, name) is None:
            reason = f"element '{tag}' is missing"
            raise walk.invalid(walk.Problem(element.line, path, reason))


def complete_guest(guest: Domain, path: str, *, uuid: str, macs: Iterator[str]) -> None:
    """Fill in what libvirt settles for every hypervisor. Raises InvalidDocument."""
    need(guest, path, name="name", memory="memory", os="os")
    if isinstance(guest, MomentDomain):
        guest.devices = guest.devices or Devices()
    apply_defaults(guest, uuid=uuid, macs=macs)
