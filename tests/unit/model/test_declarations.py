"""The declarations are their own coverage list: the documents in data/ hold one of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from virtbus.model.capabilities import (
    Capabilities,
    format_capabilities,
    parse_capabilities,
)
from virtbus.model.domain import Domain, format_domain, parse_domain
from virtbus.model.domain_capabilities import (
    DomainCapabilities,
    format_domain_capabilities,
    parse_domain_capabilities,
)
from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.table import table_of

DATA = Path(__file__).parent / "data"


def text_of(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def owner(cls: type[Element], name: str) -> str:
    """The class that declares the property, where several inherit it."""
    return next(c.__name__ for c in reversed(cls.__mro__) if name in c.__dict__)


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


DOCUMENTS = {
    "domain-everything.xml": parse_domain,
    "capabilities.xml": parse_capabilities,
    "domain-capabilities.xml": parse_domain_capabilities,
}


def test_every_declared_property_is_in_a_document() -> None:
    wanted: set[tuple[str, str]] = set()
    for root in (Domain, Capabilities, DomainCapabilities):
        wanted.update(declared(root, set()))
    found = {pair for name, parse in DOCUMENTS.items() for pair in met(parse(text_of(name)))}
    assert len(wanted) > 250
    assert sorted(wanted - found) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_come_back_as_they_were(name: str) -> None:
    element = DOCUMENTS[name](text_of(name))
    match element:
        case Domain():
            written = format_domain(element, with_secrets=True)
        case Capabilities():
            written = format_capabilities(element)
        case DomainCapabilities():
            written = format_domain_capabilities(element)
        case _:
            pytest.fail(f"{type(element)} is no document")
    assert written == text_of(name)


def test_nothing_in_the_documents_is_foreign() -> None:
    def foreign(element: Element) -> Iterator[str]:
        yield from (a.name for a in element.other_attributes)
        yield from element.other
        for field in table_of(type(element)).fields:
            value = getattr(element, field.name)
            for child in value if field.kind is Kind.CHILDREN else [value]:
                if isinstance(child, Element):
                    yield from foreign(child)

    for name, parse in DOCUMENTS.items():
        assert list(foreign(parse(text_of(name)))) == []
