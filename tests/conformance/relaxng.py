"""libvirt's RelaxNG schemas, flattened: every element, attribute and text a document may hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lxml import etree

from virtbus.model.engine.namespaces import NAMESPACES

SCHEMAS = "src/conf/schemas"

FILE_OF_ROOT = {
    "capabilities": "capability.rng",
    "device": "nodedev.rng",
    "domain": "domain.rng",
    "domainCapabilities": "domaincaps.rng",
    "domainbackup": "domainbackup.rng",
    "domaincheckpoint": "domaincheckpoint.rng",
    "domainsnapshot": "domainsnapshot.rng",
    "filter": "nwfilter.rng",
    "filterbinding": "nwfilterbinding.rng",
    "interface": "interface.rng",
    "network": "network.rng",
    "networkport": "networkport.rng",
    "pool": "storagepool.rng",
    "secret": "secret.rng",
    "storagepoolCapabilities": "storagepoolcaps.rng",
    "volume": "storagevol.rng",
}
"""The schema of a document, by the tag it begins with."""

_RNG = "{http://relaxng.org/ns/structure/1.0}"
PREFIX_OF = {uri: prefix for prefix, uri in NAMESPACES.items()}
ANYTHING = "*"


@dataclass
class Said:
    """What is said of one place: the words it may hold, and the names of its types."""

    values: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)


@dataclass
class Places:
    """The places of a document: `a/b` an element, `a/b/@c` an attribute, `a/b/text()` its text.

    `ends` are the elements where the same begins again within itself, which is not followed.
    """

    found: dict[str, Said] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)

    def add(self, place: str, values: Iterable[str] = ()) -> Said:
        """What is said of a place, which exists from now on."""
        said = self.found.setdefault(place, Said())
        said.values.update(values)
        return said


def flatten(schema: Path, root: str) -> Places:
    """All places of the document that begins with `root`."""
    grammar = _Grammar(_parsed(schema), schema.parent)
    places = Places()
    for start in grammar.starts:
        for element in grammar.elements_below(start):
            if root in grammar.names(element):
                grammar.walk(element, root, (), places)
    return places


class _Grammar:
    """One grammar with all that it includes; one within an element is another."""

    def __init__(self, root: etree._Element, folder: Path) -> None:
        self.defines: dict[str, list[etree._Element]] = defaultdict(list)
        self.starts: list[etree._Element] = []
        self._folder = folder
        self._read: set[str] = set()
        self._include(root)

    def _include(self, grammar: etree._Element) -> None:
        for node in grammar.iterchildren(f"{_RNG}*"):
            tag = etree.QName(node).localname
            if tag == "include":
                file = str(node.get("href"))
                if file not in self._read:
                    self._read.add(file)
                    self._include(_parsed(self._folder / file))
                self._include(node)
            elif tag == "define":
                self.defines[str(node.get("name"))].append(node)
            elif tag == "start":
                self.starts.append(node)
            elif tag == "div":
                self._include(node)

    def elements_below(self, pattern: etree._Element) -> Iterator[etree._Element]:
        """The element patterns that stand at the top of a pattern."""
        for child in pattern.iterchildren(f"{_RNG}*"):
            if child.tag == f"{_RNG}element":
                yield child
            elif child.tag == f"{_RNG}ref":
                for define in self.defines[str(child.get("name"))]:
                    yield from self.elements_below(define)
            else:
                yield from self.elements_below(child)

    def names(self, pattern: etree._Element) -> list[str]:
        """The names of an element or attribute pattern, with libvirt's prefixes."""
        if (name := pattern.get("name")) is not None:
            return [self._prefixed(pattern, name)]
        first = next(pattern.iterchildren(f"{_RNG}*"))
        if first.tag in (f"{_RNG}anyName", f"{_RNG}nsName"):
            return [ANYTHING]
        return [(each.text or "").strip() for each in first.iter(f"{_RNG}name")]

    def _prefixed(self, pattern: etree._Element, name: str) -> str:
        own = pattern.tag == f"{_RNG}attribute"
        nodes = [pattern] if own else [pattern, *pattern.iterancestors()]
        uri = next((ns for node in nodes if (ns := node.get("ns")) is not None), "")
        return f"{PREFIX_OF[uri]}:{name}" if uri in PREFIX_OF else name

    def walk(
        self, element: etree._Element, path: str, above: tuple[etree._Element, ...], to: Places
    ) -> None:
        """Add an element and all within it."""
        to.add(path)
        if any(element is other for other in above):
            to.ends.add(path)
            return
        self._content(element, path, (*above, element), to, (), "")

    def _content(
        self,
        pattern: etree._Element,
        path: str,
        above: tuple[etree._Element, ...],
        to: Places,
        refs: tuple[str, ...],
        last_ref: str,
    ) -> None:
        for child in pattern.iterchildren(f"{_RNG}*"):
            tag = etree.QName(child).localname
            if tag == "element":
                for name in self.names(child):
                    self.walk(child, f"{path}/{name}", above, to)
            elif tag == "attribute":
                for name in self.names(child):
                    said = to.add(f"{path}/@{name}")
                    self._data(child, said, "", ())
                    if not child.xpath("*"):
                        said.types.add("text")
            elif tag == "ref":
                name = str(child.get("name"))
                if name not in refs:
                    for define in self.defines[name]:
                        self._content(define, path, above, to, (*refs, name), name)
            elif tag == "grammar":
                inner = _Grammar(child, self._folder)
                for start in inner.starts:
                    inner._content(start, path, above, to, (), "")
            elif tag in ("data", "value", "text"):
                self._add(child, tag, to.add(f"{path}/text()"), last_ref)
            elif tag not in ("name", "anyName", "nsName", "param", "except"):
                self._content(child, path, above, to, refs, last_ref)

    def _data(self, pattern: etree._Element, said: Said, ref: str, refs: tuple[str, ...]) -> None:
        """What an attribute's content is."""
        for child in pattern.iterchildren(f"{_RNG}*"):
            tag = etree.QName(child).localname
            if tag == "ref":
                name = str(child.get("name"))
                if name not in refs:
                    for define in self.defines[name]:
                        self._data(define, said, ref or name, (*refs, name))
            elif tag in ("data", "value", "text"):
                self._add(child, tag, said, ref)
            elif tag not in ("name", "param", "except"):
                self._data(child, said, ref, refs)

    @staticmethod
    def _add(child: etree._Element, tag: str, said: Said, ref: str) -> None:
        if tag == "value":
            said.values.add((child.text or "").strip())
        else:
            said.types.add(ref or str(child.get("type") or "text"))


@cache
def _parsed(schema: Path) -> etree._Element:
    return etree.parse(schema).getroot()
