"""The documents we write, and those libvirt's tests expect, by libvirt's RelaxNG schemas.

Not all that libvirt itself writes fits its schemas. Ours must fit where libvirt's does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from .narrowing import narrowed
from .outcome import Outcome, without_values
from .relaxng import ANYTHING, FILE_OF_ROOT, PREFIX_OF, Places, flatten
from .xml_compare import Difference

OURS = "relaxng"
THEIRS = "relaxng-libvirt"


def validated(outcome: Outcome, schemas: Path) -> Iterator[Outcome]:
    """A result for libvirt's document of a case, and one for ours if libvirt's is valid."""
    if not outcome.expected or not outcome.written:
        return
    name = f"{outcome.corpus} {outcome.case}"
    theirs = _differences(outcome.expected, schemas)
    yield Outcome(THEIRS, name, theirs)
    if not theirs:
        yield Outcome(OURS, name, _differences(outcome.written.encode(), schemas), outcome.written)


def _differences(text: bytes, schemas: Path) -> list[Difference]:
    try:
        document = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return [Difference("not XML", str(error))]
    root = etree.QName(document).localname
    file = FILE_OF_ROOT.get(root)
    if file is None:
        return [Difference(f"no schema for <{root}>", "")]
    schema = compiled(schemas / file)
    if schema.validate(document):
        return []
    foreign = list(_foreign(document, root, places(schemas / file, root)))
    if foreign:
        return foreign
    first = schema.error_log[0].message
    lines = "\n".join(f"line {entry.line}: {entry.message}" for entry in schema.error_log)
    part = narrowed(document, schema)
    reason = f"invalid {part}" if part else without_values(first)
    return [Difference(reason, lines)]


def _foreign(element: etree._Element, path: str, known: Places) -> Iterator[Difference]:
    """What is certainly wrong, in plain words: the validator's own are about its last attempt."""
    if path in known.ends or f"{path}/{ANYTHING}" in known.found:
        return
    for name, value in element.attrib.items():
        yield from _word(f"{path}/@{name}", str(value), known)
    if len(element) == 0 and (element.text or "").strip():
        yield from _word(f"{path}/text()", element.text or "", known)
    for child in element.iterchildren("*"):
        tag = etree.QName(child)
        name = (
            f"{PREFIX_OF.get(tag.namespace, '')}:{tag.localname}"
            if tag.namespace
            else tag.localname
        )
        if f"{path}/{name}" in known.found:
            yield from _foreign(child, f"{path}/{name}", known)
        else:
            yield Difference(f"{path}/{name} is not in the schema", f"line {child.sourceline}")


def _word(place: str, value: str, known: Places) -> Iterator[Difference]:
    said = known.found.get(place)
    if said is None:
        yield Difference(f"{place} is not in the schema", value)
    elif not said.types and value.strip() not in said.values:
        yield Difference(f"{place} may not be '{value}'", "|".join(sorted(said.values)))


@cache
def places(schema: Path, root: str) -> Places:
    """All places of a document, collected once per process."""
    return flatten(schema, root)


@cache
def compiled(schema: Path) -> etree.RelaxNG:
    """A schema, made ready once per process."""
    return etree.RelaxNG(etree.parse(schema))
