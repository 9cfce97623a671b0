"""How an element is declared.

An element is a class; its fields, in the order libvirt writes them, are what
the element may hold. The annotation of a field says all there is to say:

    class DiskTarget(Element, kw_only=True):
        dev: Needed[str]
        bus: Attr[DiskBus] = None
        removable: Attr[OnOff] = None

The XML name is the field's name unless `Name` gives another. Types that bound
and format a value (`OnOff`, `UInt`, ...) are in `values`. Elements and attributes
of other applications' namespaces are kept in `other` and `other_attributes`; what
is in no namespace and not declared means nothing to libvirt either: it is named
in `ignored`, for a person to be told, and not written.
"""

from collections.abc import Iterator
from enum import Enum, IntEnum, auto
from typing import Annotated, ClassVar, NamedTuple, Self, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class Kind(IntEnum):  # its hash is that of an int, and quick
    """Where in the XML a field has its value."""

    ATTRIBUTE = auto()
    TEXT = auto()
    SIZE = auto()
    VALUE = auto()
    VALUES = auto()
    FLAG = auto()
    CHILD = auto()
    CHILDREN = auto()
    KEPT = auto()


class Name(msgspec.Struct, frozen=True):
    """The XML name of a field whose Python name differs from it.

    A name in one of libvirt's own namespaces has its prefix: `qemu:commandline`.
    """

    xml: str


class Marker(Enum):
    """What else is true of a field."""

    LIVE = auto()  # present while the object is active; not part of its definition
    SECRET = auto()  # left out unless the caller may see secrets
    ALWAYS = auto()  # written even when nothing is in it


LIVE = Marker.LIVE
SECRET = Marker.SECRET
ALWAYS = Marker.ALWAYS


class ForeignAttribute(NamedTuple):
    """An attribute that is not declared: as written, with its namespace or ""."""

    name: str
    value: str
    namespace: str = ""


class Ignored(NamedTuple):
    """What is not declared: `@name` for attributes, `name` for elements; and its line."""

    name: str
    line: int


class Element(msgspec.Struct, kw_only=True, eq=False):
    """One XML element. Equal to another of its class with the same content."""

    CHOSEN_BY: ClassVar[str] = ""
    """The attribute whose value chooses one of this class's subclasses, if any."""
    SINCE: ClassVar[str] = "0.1"
    """The first version of virtbus that knows the element."""

    TAG: ClassVar[str] = ""
    """The element's own name, where a list holds several kinds in the document's order.

    `Children[Entry]` holds all subclasses of `Entry` that have one.
    """

    MAY_BE_EMPTY: ClassVar[bool] = True
    """Whether <tag/> is written when nothing is in it; False where libvirt leaves it out."""

    line: int = 0
    other_attributes: tuple[ForeignAttribute, ...] = ()
    other: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    def defaults(self) -> None:
        """Fill in, or drop, what libvirt does for every hypervisor by what stands in here.

        Called with the children's defaults settled. Idempotent.
        """

    def inactive(self) -> Self | None:
        """This element as part of a definition: runtime facts left out; None drops it.

        Fields marked LIVE are left out by the engine. Override where more, or
        less, is a fact of the running object. Must not change `self`.
        """
        return self

    def problems(self) -> Iterator[str]:
        """What contradicts within this element, in words; nothing when it is sound."""
        return iter(())

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        names = self.__struct_fields__
        return all(
            getattr(self, n) == getattr(other, n) for n in names if n not in ("line", "ignored")
        )

    def __ne__(self, other: object) -> bool:
        return not self == other  # msgspec's own would compare identity

    __hash__ = None  # type: ignore[assignment]  # mutable, as a list is


E = TypeVar("E", bound=Element)

Attr: TypeAlias = Annotated[T | None, Kind.ATTRIBUTE]
"""An attribute that may be absent."""
Needed: TypeAlias = Annotated[T, Kind.ATTRIBUTE]
"""An attribute that must be there (or has a default in the declaration)."""
Text: TypeAlias = Annotated[T | None, Kind.TEXT]
"""The text between the element's own tags."""
Size: TypeAlias = Annotated[int, Kind.SIZE]
"""The element's own text scaled by its `unit` attribute; annotate with `values.Unit`."""
Value: TypeAlias = Annotated[T | None, Kind.VALUE]
"""A child element that holds nothing but text: <title>x</title>."""
NeededValue: TypeAlias = Annotated[T, Kind.VALUE]
"""Such a child, which must be there."""
Values: TypeAlias = Annotated[list[T], Kind.VALUES]
"""Any number of such children."""
Flag: TypeAlias = Annotated[bool, Kind.FLAG]
"""A child element whose presence is the value: <readonly/>."""
Child: TypeAlias = Annotated[E | None, Kind.CHILD]
"""A child element that may be absent."""
Section: TypeAlias = Annotated[E, Kind.CHILD]
"""A child element that must be there, or has a default (then left out when empty)."""
Children: TypeAlias = Annotated[list[E], Kind.CHILDREN]
"""Any number of child elements of one kind, in the document's order."""
Kept: TypeAlias = Annotated[str | None, Kind.KEPT]
"""A child element kept verbatim, its own tags included."""
