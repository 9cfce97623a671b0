"""`python -m tests.conformance.schema KIND`: libvirt's schema beside our declarations.

Says which elements, attributes, texts and words the schema has and no declaration, and
the other way about: a list of work, not a verdict. Schemas are at times wider than what
libvirt reads, and at times narrower.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from virtbus.errors import VirtbusError
from virtbus.model.documents import document, kind_of
from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.table import Field, by_tag, table_of
from virtbus.model.engine.values import Choice

from .relaxng import ANYTHING, FILE_OF_ROOT, SCHEMAS, Places, Said, flatten
from .source import SourceMissing, libvirt_source


def declared(tag: str, cls: type[Element]) -> Places:
    """All places that our declarations of a document have."""
    places = Places()
    _element(tag, cls, (), places)
    return places


def _element(path: str, cls: type[Element], above: tuple[type[Element], ...], to: Places) -> None:
    to.add(path)
    if cls in above:
        to.ends.add(path)
        return
    table = table_of(cls)
    for each in (cls, *table.variants.values()):
        for field in table_of(each).fields:
            _field(path, field, (*above, cls), to)


def _field(path: str, field: Field, above: tuple[type[Element], ...], to: Places) -> None:
    place = f"{path}/{field.xml}"
    words = set(field.codec.words) if isinstance(field.codec, Choice) else set[str]()
    if field.kind is Kind.ATTRIBUTE:
        to.add(f"{path}/@{field.xml}", words)
    elif field.kind in (Kind.TEXT, Kind.SIZE):
        to.add(f"{path}/text()", words)
        if field.kind is Kind.SIZE:
            to.add(f"{path}/@unit")
    elif field.kind in (Kind.VALUE, Kind.VALUES):
        to.add(place)
        to.add(f"{place}/text()", words)
    elif field.kind is Kind.KEPT:
        to.add(place)
        to.ends.add(place)
    elif field.kind is Kind.FLAG:
        to.add(place)
    else:
        for each in by_tag(field):
            _element(f"{path}/{each.xml}", each.element, above, to)


def only_in(one: Places, other: Places) -> Iterator[tuple[str, Said]]:
    """The places of `one` that `other` lacks, less those below another that it lacks."""
    ends = one.ends | other.ends
    for place in sorted(one.found):
        if place in other.found or ANYTHING in place:
            continue
        above = [place[:i] for i, letter in enumerate(place) if letter == "/"]
        if not any(parent in ends for parent in above):
            yield place, one.found[place]


def words_missing(schema: Places, ours: Places) -> Iterator[tuple[str, set[str]]]:
    """Where a declaration lists the words that may stand, and the schema has more of them."""
    for place in sorted(schema.found.keys() & ours.found.keys()):
        known = ours.found[place].values
        if known and (missing := schema.found[place].values - known):
            yield place, missing


def line_of(place: str, said: Said) -> str:
    """A place with what is known of what it holds."""
    what = sorted(said.types) + (["|".join(sorted(said.values))] if said.values else [])
    return f"  {place}  {', '.join(what)}".rstrip()


def root_of(kind: str) -> str:
    """The tag of the kind of document of that name."""
    if kind in FILE_OF_ROOT:
        return kind
    return document(kind).tag


def declarations_of(root: str) -> Places:
    """Our declarations of the document that begins with `root`; none when there are none."""
    try:
        found = document(kind_of(f"<{root}/>"))
    except VirtbusError:
        return Places()
    return declared(root, found.cls)


def main() -> int:
    """Exit status: 0, or 2 for a kind that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.schema", description=__doc__)
    parser.add_argument("kind", help="a kind of document or its first tag, such as network")
    parser.add_argument("--below", default="", metavar="PATH", help="only places that begin so")
    options = parser.parse_args()
    try:
        root = root_of(options.kind)
        schemas = libvirt_source() / SCHEMAS
    except (VirtbusError, SourceMissing) as error:
        print(f"{error}; tags: {', '.join(FILE_OF_ROOT)}", file=sys.stderr)
        return 2
    schema, ours = flatten(schemas / FILE_OF_ROOT[root], root), declarations_of(root)
    missing = [line_of(*each) for each in only_in(schema, ours)]
    more = [line_of(*each) for each in only_in(ours, schema)]
    words = [f"  {place}  {'|'.join(sorted(each))}" for place, each in words_missing(schema, ours)]
    for head, lines in (
        ("in the schema, not declared", missing),
        ("declared, not in the schema", more),
        ("words of the schema that a declaration lacks", words),
    ):
        wanted = [line for line in lines if line.strip().startswith(options.below)]
        print(f"{head}: {len(wanted)}", *wanted, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
