"""Two documents compared: what differs, but for what has no meaning.

The order of attributes and of siblings with different names has no meaning, nor have
comments and the white space between tags. All else has: each attribute, each text
to the character, and the order of siblings of one name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from lxml import etree

Canon: TypeAlias = tuple[str, tuple[tuple[str, str], ...], str, tuple["Canon", ...]]
"""Tag, attributes by name, text, children (stably sorted by tag)."""


class Difference(NamedTuple):
    """One difference: `reason` without values, to group by, and all of it for a person."""

    reason: str
    detail: str


def canon(text: str | bytes) -> Canon:
    """A document without what has no meaning; raises ValueError when it is not XML."""
    parser = etree.XMLParser(
        remove_comments=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    return _canon(root)


def _canon(element: etree._Element) -> Canon:
    children = tuple(
        sorted((_canon(child) for child in element.iterchildren("*")), key=lambda child: child[0])
    )
    parts = [element.text or "", *(child.tail or "" for child in element)]
    text = "".join(part for part in parts if children == () or part.strip())
    if not text.strip() and "\n" in text:
        text = ""  # what is between the tags of an element that holds nothing
    attributes = tuple(sorted((str(k), str(v)) for k, v in element.attrib.items()))
    return str(element.tag), attributes, text, children


def compare(expected: str | bytes, got: str | bytes) -> list[Difference]:
    """All differences, outermost first; none when the documents say the same."""
    wanted, found = canon(expected), canon(got)
    if wanted[0] != found[0]:
        return [Difference("another root element", f"expected {wanted[0]}, got {found[0]}")]
    named = list(_compare(wanted[0], wanted, found))
    if wanted != found and not named:
        raise AssertionError(f"a difference without a name: {as_text(wanted)} {as_text(found)}")
    return named


def _compare(path: str, expected: Canon, got: Canon) -> Iterator[Difference]:
    if expected == got:
        return
    yield from _attributes(path, dict(expected[1]), dict(got[1]))
    if expected[2] != got[2]:
        yield Difference(f"text of {path} differs", f"{path}: {expected[2]!r}, got {got[2]!r}")
    tags = dict.fromkeys(child[0] for child in (*expected[3], *got[3]))
    for tag in tags:
        yield from _siblings(
            f"{path}/{tag}",
            [child for child in expected[3] if child[0] == tag],
            [child for child in got[3] if child[0] == tag],
        )


def _attributes(path: str, expected: dict[str, str], got: dict[str, str]) -> Iterator[Difference]:
    for name in expected.keys() | got.keys():
        where, wanted, found = f"{path}/@{name}", expected.get(name), got.get(name)
        if found is None:
            yield Difference(f"missing attribute {where}", f"{where}: expected {wanted!r}")
        elif wanted is None:
            yield Difference(f"unexpected attribute {where}", f"{where}: got {found!r}")
        elif wanted != found:
            yield Difference(
                f"attribute {where} differs", f"{where}: expected {wanted!r}, got {found!r}"
            )


def _siblings(path: str, expected: list[Canon], got: list[Canon]) -> Iterator[Difference]:
    """Differences among the elements of one name below one parent."""
    if expected == got:
        return
    left, right = _without_common(expected, got)
    if not left and not right:
        yield Difference(f"order of {path} differs", f"{path}: the same elements, in another order")
        return
    for wanted, found in zip(left, right, strict=False):
        yield from _compare(path, wanted, found)
    for wanted in left[len(right) :]:
        yield Difference(f"missing element {path}", f"missing {as_text(wanted)}")
    for found in right[len(left) :]:
        yield Difference(f"unexpected element {path}", f"unexpected {as_text(found)}")


def _without_common(expected: list[Canon], got: list[Canon]) -> tuple[list[Canon], list[Canon]]:
    """Both lists without the elements that each has."""
    right = list(got)
    left = []
    for element in expected:
        if element in right:
            right.remove(element)
        else:
            left.append(element)
    return left, right


def as_text(element: Canon) -> str:
    """An element on one line, for a person to read."""
    tag, attributes, text, children = element
    head = "".join(f" {name}={value!r}" for name, value in attributes)
    inner = text + "".join(map(as_text, children))
    return f"<{tag}{head}>{inner}</{tag}>" if inner else f"<{tag}{head}/>"
