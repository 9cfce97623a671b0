"""Pieces of documents as a plain tree, which holds what no XML library would."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from virtbus.model.engine.namespaces import NAMESPACES

_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


@dataclass
class Node:
    """An element. `raw` follows its text, and is written as it stands."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: str = ""
    raw: str = ""


def read(text: str) -> Node:
    """The tree of a well-formed document of ours."""
    return _node(etree.fromstring(text.encode()))


def _node(element: etree._Element) -> Node:
    return Node(
        _prefixed(str(element.tag)),
        {_prefixed(str(name)): str(value) for name, value in element.attrib.items()},
        [_node(child) for child in element if isinstance(child.tag, str)],
        "" if len(element) else (element.text or ""),
    )


def _prefixed(name: str) -> str:
    """`{namespace}local` with one of libvirt's prefixes, or else with `x`."""
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    return f"{_PREFIXES.get(uri, 'x')}:{local}"


def write(root: Node) -> str:
    """The document, with a declaration of each prefix that may occur."""
    declared = "".join(f" xmlns:{p}='{uri}'" for p, uri in {**NAMESPACES, "x": "urn:x"}.items())
    out: list[str] = []
    _write(out, root, declared)
    return "".join(out)


def _write(out: list[str], node: Node, declared: str = "") -> None:
    out.append(f"<{node.tag}{declared}")
    out += [f" {name}={quoteattr(value)}" for name, value in node.attributes.items()]
    out.append(f">{escape(node.text)}{node.raw}")
    for child in node.children:
        _write(out, child)
    out.append(f"</{node.tag}>\n")
