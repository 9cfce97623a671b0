"""Steps over a whole tree of elements: strip it, or say what is wrong in it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from ...errors import InvalidDocument
from .declare import Element, Kind
from .table import Field, field_defaults, says_nothing, table_of

E = TypeVar("E", bound=Element)


class Problem(NamedTuple):
    """One thing wrong in a document: where, and why."""

    line: int
    element: str
    reason: str


def elements(tag: str, element: Element) -> Iterator[tuple[str, Element]]:
    """`element` and all within it, each with its path, parents first."""
    yield tag, element
    for field in table_of(type(element)).fields:
        if field.kind is Kind.CHILD:
            child = getattr(element, field.name)
            if child is not None:
                yield from elements(f"{tag}/{field.xml}", child)
        elif field.kind is Kind.CHILDREN:
            for child in getattr(element, field.name):
                yield from elements(f"{tag}/{child.TAG or field.xml}", child)


def problems(tag: str, element: Element) -> Iterator[Problem]:
    """All that the declarations' own checks have to say, parents first."""
    cls = type(element)
    if cls.problems is not Element.problems:
        for reason in element.problems():
            yield Problem(element.line, tag, reason)
    for name, many, xml in _to_check(cls):
        value = getattr(element, name)
        if many:
            for child in value:
                yield from problems(f"{tag}/{child.TAG or xml}", child)
        elif value is not None:
            yield from problems(f"{tag}/{xml}", value)


def defaults(tag: str, element: Element) -> None:
    """Run the declarations' own defaults, children first. Raises InvalidDocument."""
    cls = type(element)
    for name, many, xml in _to_default(cls):
        value = getattr(element, name)
        if many:
            for child in value:
                defaults(child.TAG or xml, child)
        elif value is not None:
            defaults(xml, value)
    if cls.defaults is not Element.defaults:
        try:
            element.defaults()
        except ValueError as error:  # a number beside its unit, out of bounds with it
            raise invalid(Problem(element.line, tag, str(error))) from None
    for name in _left_out(cls):
        value = getattr(element, name)
        if value is not None and says_nothing(value):
            setattr(element, name, None)  # as when the document is read again


def ignored(tag: str, element: Element) -> Iterator[Problem]:
    """What stands in the document and means nothing, parents first."""
    for path, each in elements(tag, element):
        for name, line in each.ignored:
            tag, at, attribute = name.partition("@")
            what = f"attribute '{attribute}'" if at else f"element '{tag}'"
            of = f" of element '{tag}'" if at and tag else ""
            yield Problem(line, path, f"unknown {what}{of} has no effect")


@functools.cache
def _to_check(cls: type[Element]) -> tuple[_Way, ...]:
    """The children of `cls` that have a check of their own, or have such children."""
    return _leading(cls, _has_problems)


@functools.cache
def _to_default(cls: type[Element]) -> tuple[_Way, ...]:
    """The children of `cls` that have defaults, or have such children."""
    return _leading(cls, _has_defaults)


@functools.cache
def _left_out(cls: type[Element]) -> tuple[str, ...]:
    """The children that are absent by default, and not written when nothing is in them."""
    absent = field_defaults(cls)
    return tuple(f.name for f in table_of(cls).fields if f.section and absent[f.name] is None)


def _has_problems(cls: type[Element]) -> bool:
    return cls.problems is not Element.problems


def _has_defaults(cls: type[Element]) -> bool:
    return cls.defaults is not Element.defaults


class _Way(NamedTuple):
    """From an element to its children of one field."""

    name: str
    many: bool
    xml: str


def _leading(cls: type[Element], wanted: _Wanted) -> tuple[_Way, ...]:
    return tuple(
        _Way(f.name, f.kind is Kind.CHILDREN, f.xml)
        for f in table_of(cls).fields
        if f.element is not Element and _reaches(f.element, wanted)
    )


_Wanted: TypeAlias = Callable[[type[Element]], bool]
_REACHING: dict[_Wanted, dict[type[Element], bool]] = {}


def _reaches(cls: type[Element], wanted: _Wanted) -> bool:
    """Whether `cls`, or a class it may hold at any depth, is one of those wanted."""
    known = _REACHING.setdefault(wanted, {})
    if cls not in known:
        _explore(cls, wanted, known)
    return known[cls]


def _explore(cls: type[Element], wanted: _Wanted, known: dict[type[Element], bool]) -> None:
    """Settle the answer for `cls` and all that it may hold, in one pass over them."""
    holders: dict[type[Element], list[type[Element]]] = {cls: []}
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        table = table_of(each)
        for held in (*(f.element for f in table.fields), *table.variants.values()):
            if held not in holders and held is not Element:
                holders[held] = []
                waiting.append(held)
            if held is not Element:
                holders[held].append(each)
    known |= dict.fromkeys(holders, False)
    waiting = [each for each in holders if wanted(each)]
    while waiting:
        each = waiting.pop()
        if not known[each]:
            known[each] = True
            waiting += holders[each]


def copy_of(element: E) -> E:
    """A copy that shares nothing changeable with `element`."""
    copied = copy(element)
    for name, kind in _to_copy(type(element)):
        value = getattr(element, name)
        if kind is Kind.CHILD:
            if value is not None:
                setattr(copied, name, copy_of(value))
        elif kind is Kind.CHILDREN:
            setattr(copied, name, [copy_of(item) for item in value])
        else:
            setattr(copied, name, list(value))
    return copied


@functools.cache
def _to_copy(cls: type[Element]) -> tuple[tuple[str, Kind], ...]:
    """The fields of `cls` whose values can be changed in place."""
    kinds = (Kind.CHILD, Kind.CHILDREN, Kind.VALUES)
    return tuple((field.name, field.kind) for field in table_of(cls).body if field.kind in kinds)


def check(tag: str, element: Element) -> None:
    """Raise InvalidDocument for the first problem, if there is one."""
    for problem in problems(tag, element):
        raise invalid(problem)


def invalid(problem: Problem) -> InvalidDocument:
    """The error that says it."""
    line, path, reason = problem
    where = f"line {line}: " if line else ""
    return InvalidDocument(f"{where}<{path}>: {reason}", line=line, element=path, reason=reason)


def strip(element: E, *, live: bool = False, secret: bool = False) -> E:
    """`element` without its runtime facts (live) or its secrets (secret).

    The result shares with `element` what did not change; `element` is untouched.
    """
    stripped = _strip(element, live, secret)
    return element if stripped is None else stripped


def _strip(element: E, live: bool, secret: bool) -> E | None:
    """As `strip`; None when the element itself is a runtime fact."""
    cls = type(element)
    if live and cls.inactive is not Element.inactive:
        inactive = element.inactive()
        if inactive is None:
            return None
        element = inactive
    changes: dict[str, Any] = {}
    for name, absent, many in _to_strip(cls, live, secret):
        value = getattr(element, name)
        if not value:
            continue
        if absent is not _DESCEND:
            changes[name] = [] if many else absent
        elif many:
            items = [_strip(item, live, secret) for item in value]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changes[name] = [item for item in items if item is not None]
        else:
            new = _strip(value, live, secret)
            if new is not value:
                changes[name] = new
    return msgspec.structs.replace(element, **changes) if changes else element


class _Step(NamedTuple):
    """What stripping does with one field: clear it to `absent`, or descend into it."""

    name: str
    absent: object
    many: bool


_DESCEND = object()
_STEPS: dict[tuple[type[Element], bool, bool], tuple[_Step, ...]] = {}


def _to_strip(cls: type[Element], live: bool, secret: bool) -> tuple[_Step, ...]:
    """The fields of `cls` that stripping can change, directly or further down."""
    key = (cls, live, secret)
    steps = _STEPS.get(key)
    if steps is None:
        steps = _STEPS[key] = tuple(
            _Step(
                field.name,
                _absent(field) if _stripped(field, live, secret) else _DESCEND,
                field.kind in (Kind.CHILDREN, Kind.VALUES),
            )
            for field in table_of(cls).fields
            if _stripped(field, live, secret) or _leads_to(field.element, live, secret)
        )
    return steps


def _stripped(field: Field, live: bool, secret: bool) -> bool:
    return (live and field.live) or (secret and field.secret)


def _leads_to(cls: type[Element], live: bool, secret: bool) -> bool:
    return cls is not Element and _reaches(cls, _is_stripped(live, secret))


@functools.cache
def _is_stripped(live: bool, secret: bool) -> _Wanted:
    def wanted(cls: type[Element]) -> bool:
        own = live and cls.inactive is not Element.inactive
        return own or any(_stripped(f, live, secret) for f in table_of(cls).fields)

    return wanted


def _absent(field: Field) -> object:
    return False if field.kind is Kind.FLAG else None
