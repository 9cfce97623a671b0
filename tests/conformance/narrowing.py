"""Which part of a document makes it invalid, found by taking parts away.

A RelaxNG validator speaks of the last thing it tried, which is seldom what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree


def narrowed(document: etree._Element, schema: etree.RelaxNG) -> str:
    """The path of the smallest part without which the document is valid; "" when there is none.

    The document is left as it was.
    """
    path, element = "", document
    while (found := _part(element, schema)) is not None:
        name, child = found
        path = f"{path}/{name}" if path else f"{_name(document)}/{name}"
        if child is None:
            break
        element = child
    return path


def _part(
    element: etree._Element, schema: etree.RelaxNG
) -> tuple[str, etree._Element | None] | None:
    """The attribute, child, or children of one name whose absence mends the document."""
    root = element.getroottree().getroot()
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        valid = schema.validate(root)
        element.set(name, value)
        if valid:
            return f"@{name}", None
    for child in element.iterchildren("*"):
        with _without(element, [child]):
            valid = schema.validate(root)
        if valid:
            return _name(child), child
    for tag in dict.fromkeys(child.tag for child in element.iterchildren("*")):
        same = [child for child in element.iterchildren("*") if child.tag == tag]
        with _without(element, same):
            valid = schema.validate(root)
        if valid:
            return _name(same[0]), None
    return None


@contextmanager
def _without(parent: etree._Element, children: list[etree._Element]) -> Iterator[None]:
    places = [(parent.index(child), child) for child in children]
    for child in children:
        parent.remove(child)
    try:
        yield
    finally:
        for place, child in places:
            parent.insert(place, child)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
