"""The declarations are their own coverage list: the documents in data/KIND/ hold one of each.

Each file stands as it is written, so that reading and writing it is shown too. A new
property needs a place in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from virtbus.errors import InvalidArgument, InvalidDocument
from virtbus.model.documents import KINDS, document, kind_of
from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.table import table_of

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*/*.xml"))


def owner(cls: type[Element], name: str) -> str:
    """The class that declares the property, where several inherit it."""
    declaring = next(c for c in reversed(cls.__mro__) if name in c.__dict__)
    return f"{declaring.__module__.removeprefix('virtbus.model.')}.{declaring.__name__}"


def declared(cls: type[Element], seen: set[type[Element]]) -> Iterator[tuple[str, str]]:
    """Each property of a class and of all it may contain."""
    if cls in seen:
        return
    seen.add(cls)
    table = table_of(cls)
    for variant in table.variants.values():
        yield from declared(variant, seen)
    for field in table.fields:
        if not table.variants:
            yield owner(cls, field.name), field.name
        if field.element is not Element:
            yield from declared(field.element, seen)


def met(element: Element) -> Iterator[tuple[str, str]]:
    """Each property that has a value in a document."""
    for field in table_of(type(element)).fields:
        value = getattr(element, field.name)
        if value is None or (value is False and field.kind is Kind.FLAG) or value == []:
            continue
        yield owner(type(element), field.name), field.name
        if field.kind is Kind.CHILD:
            yield from met(value)
        elif field.kind is Kind.CHILDREN:
            for item in value:
                yield from met(item)


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str]]:
    """Each property that has a value in one of the documents."""
    texts = [(file.parent.name, file.read_text(encoding="utf-8")) for file in FILES]
    return {pair for kind, text in texts for pair in met(document(kind).parse(text))}


@pytest.mark.parametrize("kind", KINDS)
def test_every_declared_property_is_in_a_document(kind: str, found: set[tuple[str, str]]) -> None:
    assert any(file.parent.name == kind for file in FILES)
    assert sorted(set(declared(document(kind).cls, set())) - found) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_documents_come_back_as_they_were(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    kind = kind_of(text)
    assert kind == file.parent.name
    element = document(kind).parse(text)
    assert document(kind).format(element, with_secrets=True) == text
    assert document(kind).ignored(element) == []


def test_other_kinds_are_named() -> None:
    with pytest.raises(InvalidArgument, match="'disk' is none of domain, "):
        document("disk")
    with pytest.raises(InvalidDocument, match="no document begins with <disk>"):
        kind_of("<disk/>")
    assert kind_of("<!-- mine --><capabilities/>") == "capabilities"
