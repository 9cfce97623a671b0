"""What a declaration says, in the form the other steps work with.

A class's annotations are read once, when the class is first used.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from .declare import Element, Kind, Marker, Name
from .namespaces import clark
from .values import TEXT, Choice, Codec, Hex, Integer, MacText, Switch, Unit

_REMEMBERED = 256
_OWN = frozenset(Element.__struct_fields__)


class Field(NamedTuple):
    """One field of an element, as declared."""

    name: str
    xml: str
    kind: Kind
    codec: Codec
    parse: Callable[[str], Any]  # the codec's; remembers what comes again and again
    format: Callable[[Any], str]
    element: type[Element]
    required: bool
    section: bool  # a child that is not written when nothing is in it
    live: bool
    secret: bool
    unit: Unit


class Table(NamedTuple):
    """All fields of an element class, by where they stand in the XML."""

    fields: tuple[Field, ...]
    body: tuple[Field, ...]
    named_attributes: tuple[tuple[str, Field], ...]  # with their fields' names beside them
    named_body: tuple[tuple[str, Kind, Field], ...]
    attributes: dict[str, Field]
    elements: dict[str, Field]
    text: Field | None
    required: tuple[Field, ...]
    variants: dict[str, type[Element]]
    prefixed: tuple[Field, ...]  # those in a namespace, which this element declares


_TABLES: dict[type[Element], Table] = {}


def table_of(cls: type[Element]) -> Table:
    """The table of an element class; TypeError when its declaration is not understood."""
    table = _TABLES.get(cls)
    if table is None:
        table = _TABLES[cls] = _build(cls)
    return table


def says_nothing(element: Element) -> bool:
    """Whether nothing is written of an element but its tag."""
    if element.other or element.other_attributes:
        return False
    for field in table_of(type(element)).fields:
        value = getattr(element, field.name)
        if value or (value is not None and field.kind in _SAID_BY_NO):
            return False
    return True


_SAID_BY_NO = (Kind.ATTRIBUTE, Kind.TEXT, Kind.SIZE, Kind.VALUE)
"""Where 0, "no" and "" are something that was said."""


def _build(cls: type[Element]) -> Table:
    defaults = field_defaults(cls)
    fields = tuple(
        _field(cls, name, hint, defaults[name])
        for name, hint in _declared(cls).items()
        if name in defaults and name not in _OWN
    )
    text = [f for f in fields if f.kind in (Kind.TEXT, Kind.SIZE)]
    if len(text) > 1:
        raise TypeError(f"{cls.__name__} declares more than one text")
    return Table(
        fields=fields,
        body=tuple(f for f in fields if f.kind is not Kind.ATTRIBUTE),
        named_attributes=tuple((f.name, f) for f in fields if f.kind is Kind.ATTRIBUTE),
        named_body=tuple((f.name, f.kind, f) for f in fields if f.kind is not Kind.ATTRIBUTE),
        attributes={f.xml: f for f in fields if f.kind is Kind.ATTRIBUTE},
        elements={
            clark(each.xml): each
            for f in fields
            if f.kind not in _NOT_ELEMENTS
            for each in by_tag(f)
        },
        text=text[0] if text else None,
        required=tuple(f for f in fields if f.required),
        variants=_variants(cls),
        prefixed=tuple(f for f in fields if ":" in f.xml),
    )


def _declared(cls: type[Element]) -> dict[str, Any]:
    """What is written of each name, those of the base classes first.

    As typing.get_type_hints, which takes ten times as long: it makes every one anew.
    """
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints |= inspect.get_annotations(base, eval_str=True)
    return hints


def field_defaults(cls: type[Element]) -> dict[str, Any]:
    """The default of each field, NODEFAULT of those that must be given."""
    given = cls.__struct_defaults__
    needed = len(cls.__struct_fields__) - len(given)
    return dict(zip(cls.__struct_fields__, (msgspec.NODEFAULT,) * needed + given, strict=True))


def by_tag(field: Field) -> list[Field]:
    """The field itself, or one for each kind of element that its list holds."""
    tagged = {} if field.element is Element else _tagged(field.element)
    return [field._replace(xml=tag, element=cls) for tag, cls in tagged.items()] or [field]


def _tagged(cls: type[Element]) -> dict[str, type[Element]]:
    """All subclasses that say their element's name."""
    found: dict[str, type[Element]] = {}
    for variant in cls.__subclasses__():
        if variant.TAG:
            found[variant.TAG] = variant
        found.update(_tagged(variant))
    return found


def _variants(cls: type[Element]) -> dict[str, type[Element]]:
    """The subclasses a document chooses between, by `TAG` or the `CHOSEN_BY` field's default."""
    if not cls.CHOSEN_BY:
        return {} if cls.TAG else _tagged(cls)
    chooser = cls.CHOSEN_BY
    return {str(field_defaults(variant)[chooser]): variant for variant in cls.__subclasses__()}


_NOT_ELEMENTS = (Kind.ATTRIBUTE, Kind.TEXT, Kind.SIZE)


def _field(cls: type[Element], name: str, hint: Any, default: Any) -> Field:
    base, marks = _unfold(hint)
    kinds = [m for m in marks if isinstance(m, Kind)]
    if len(kinds) != 1:
        raise TypeError(f"{cls.__name__}.{name} must be one of Attr, Value, Child, ...")
    kind = kinds[0]
    if kind in (Kind.VALUES, Kind.CHILDREN):
        base, more = _unfold(get_args(base)[0])
        marks += more
    is_element = isinstance(base, type) and issubclass(base, Element)
    if is_element != (kind in (Kind.CHILD, Kind.CHILDREN)):
        raise TypeError(f"{cls.__name__}.{name}: {base!r} does not fit {kind.name}")
    plain = is_element or kind in (Kind.FLAG, Kind.SIZE, Kind.KEPT)
    codec = TEXT if plain else _codec(cls, name, base, marks)
    return Field(
        name=name,
        xml=next((m.xml for m in marks if isinstance(m, Name)), name),
        kind=kind,
        codec=codec,
        parse=_remembering(codec, codec.parse),
        format=_remembering(codec, codec.format),
        element=base if is_element else Element,
        required=default is msgspec.NODEFAULT,
        section=kind is Kind.CHILD
        and Marker.ALWAYS not in marks
        and (default not in (None, msgspec.NODEFAULT) or not base.MAY_BE_EMPTY),
        live=Marker.LIVE in marks,
        secret=Marker.SECRET in marks,
        unit=next((m for m in marks if isinstance(m, Unit)), Unit("KiB", "KiB")),
    )


def _remembering(codec: Codec, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function with a memory, for codecs whose values are small and come again and again."""
    if isinstance(codec, Integer | Hex | Switch | MacText):
        return lru_cache(maxsize=_REMEMBERED, typed=True)(function)
    return function


def _unfold(hint: Any) -> tuple[Any, list[Any]]:
    """The bare type under Annotated and `| None`, and all that was said about it."""
    marks: list[Any] = []
    while True:
        if hasattr(hint, "__metadata__"):
            marks += hint.__metadata__
            hint = hint.__origin__
        elif get_origin(hint) in (Union, types.UnionType):
            (hint,) = [a for a in get_args(hint) if a is not type(None)]
        else:
            return hint, marks


def _codec(cls: type[Element], name: str, base: Any, marks: list[Any]) -> Codec:
    own = [m for m in marks if hasattr(m, "parse") and hasattr(m, "format")]
    if own:
        codec: Codec = own[0]
        return codec
    if get_origin(base) is Literal:
        return Choice(get_args(base))
    if base is str:
        return TEXT
    raise TypeError(f"{cls.__name__}.{name}: say how {base!r} is bounded and written")
