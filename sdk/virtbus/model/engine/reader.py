"""From text to declared elements. The one place where XML is parsed.

Documents come from strangers: no DTD (so no entities), no network, and bounds
on size, on the number of tags and attributes, and on depth.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from lxml import etree

from ...errors import InvalidDocument
from .declare import Element, ForeignAttribute, Ignored, Kind
from .table import Field, Table, says_nothing, table_of
from .values import TEXT, parse_size

MAX_BYTES = 8 * 1024 * 1024
MAX_TAGS = 250_000
MAX_ATTRIBUTES = 250_000

_DOCTYPE = re.compile(rb"(?>(?>\s+|<\?.*?\?>|<!--.*?-->)*)<!DOCTYPE", re.DOTALL)
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")

E = TypeVar("E", bound=Element)


def parse(cls: type[E], tag: str, text: str | bytes) -> E:
    """The element `cls` that `text` describes; its root must be `tag`.

    Raises InvalidDocument, with line and element, for whatever is wrong.
    """
    root = _tree(text)
    if root.tag != tag:
        _refuse(root, f"expected a <{tag}> document, not <{_brief(root.tag)}>")
    return read(cls, root)


def root_tag(text: str | bytes) -> tuple[str, int]:
    """The tag of the root of a well-formed document, and its line. Raises InvalidDocument."""
    root = _tree(text)
    return _brief(root.tag), root.sourceline or 0


def fragment(text: str, *, uri: str = "", prefix: str = "") -> tuple[str, str]:
    """A well-formed piece of XML, verbatim but self-contained, and its tag ({ns}name).

    With `uri` and `prefix` an element that is in no namespace is put into that one.
    """
    root = _tree(text)
    if uri and prefix and not str(root.tag).startswith("{"):
        root = _moved(root, uri, prefix)
    return _verbatim(root), str(root.tag)


def _moved(element: etree._Element, uri: str, prefix: str) -> etree._Element:
    """The element, itself but not what is in it, in another namespace."""
    name = etree.QName(uri, str(element.tag))
    try:
        moved = etree.Element(name, dict(element.attrib), {**element.nsmap, prefix: uri})
    except ValueError as error:
        raise _invalid("metadata", 0, f"namespace or prefix: {error}") from None
    moved.text = element.text
    moved.extend(list(element))
    return moved


def fragments(text: str) -> list[tuple[str, str]]:
    """As `fragment`, for each element within the root of `text`."""
    return [(_verbatim(n), str(n.tag)) for n in _tree(text) if isinstance(n.tag, str)]


def _tree(text: str | bytes) -> etree._Element:
    data = _checked_bytes(text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        strip_cdata=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise _invalid("", line, f"not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise _invalid("", 1, "a document type declaration (DTD) is not accepted")
    return root


def _checked_bytes(text: str | bytes) -> bytes:
    """UTF-8 within all bounds, no DTD; InvalidDocument otherwise."""
    try:
        data = text.encode() if isinstance(text, str) else bytes(text)
        data.decode()
    except UnicodeError:
        raise _invalid("", 0, "the document is not valid UTF-8 text") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    declared = _ENCODING.match(data) if isinstance(text, bytes) else None
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise _invalid("", 1, f"the encoding must be UTF-8, not {declared[1].decode()}")
    if len(data) > MAX_BYTES:
        raise _invalid("", 0, f"the document is larger than {MAX_BYTES} bytes")
    if data.count(b"<") > MAX_TAGS or data.count(b"=") > MAX_ATTRIBUTES:
        raise _invalid("", 0, f"the document has more than {MAX_TAGS} tags or attributes")
    if b"\0" in data:
        raise _invalid("", 0, "the document contains a NUL character")
    if _DOCTYPE.match(data):
        raise _invalid("", 1, "a document type declaration (DTD) is not accepted")
    return data


def read(cls: type[E], node: etree._Element) -> E:
    """The element `cls` that a parsed node describes."""
    table = table_of(cls)
    if table.variants:
        variant = table.variants.get(node.get(cls.CHOSEN_BY) or "")
        if variant is not None and issubclass(variant, cls) and variant is not cls:
            return read(variant, node)
    values: dict[str, Any] = {"line": node.sourceline or 0}
    foreign: list[ForeignAttribute] = []
    ignored: list[Ignored] = []
    attributes = table.attributes
    for key, raw in node.items():
        field = attributes.get(key)
        if field is not None:
            try:
                values[field.name] = field.parse(raw)
            except ValueError as error:
                _refuse(node, f"attribute '{field.xml}': {error}")
        elif key.startswith("{"):
            foreign.append(_foreign(node, key, raw))
        elif key != "unit" or table.text is None or table.text.kind is not Kind.SIZE:
            ignored.append(Ignored(f"@{key}", node.sourceline or 0))
    if table.text is not None:
        _read_text(table.text, node, values)
    if len(node):
        _read_children(table, node, values, ignored)
    if foreign:
        values["other_attributes"] = tuple(foreign)
    if ignored:
        values["ignored"] = tuple(ignored)
    for field in table.required:
        if field.name not in values:
            what = "attribute" if field.kind is Kind.ATTRIBUTE else "element"
            _refuse(node, f"{what} '{field.xml}' is missing")
    return cls(**values)


def _read_text(field: Field, node: etree._Element, values: dict[str, Any]) -> None:
    raw = _text(node)
    try:
        if field.kind is Kind.SIZE:
            values[field.name] = parse_size(raw, node.get("unit"), field.unit)
        elif raw or field.required:
            values[field.name] = field.parse(raw)
    except ValueError as error:
        _refuse(node, str(error))


def _read_children(
    table: Table, node: etree._Element, values: dict[str, Any], ignored: list[Ignored]
) -> None:
    elements = table.elements
    other: list[str] = []
    for child in node:
        tag = child.tag
        if not isinstance(tag, str):
            continue  # a comment
        field = elements.get(tag)
        if field is None:
            if tag.startswith("{"):
                other.append(_verbatim(child))
            else:
                ignored.append(Ignored(tag, child.sourceline or 0))
            continue
        if field.name in values and field.kind not in (Kind.CHILDREN, Kind.VALUES):
            _refuse(child, "appears more than once")
        _READERS[field.kind](field, child, values, ignored)
    if other:
        values["other"] = tuple(other)


_Reader = Callable[[Field, etree._Element, dict[str, Any], list[Ignored]], None]


def _read_child(
    field: Field, node: etree._Element, values: dict[str, Any], ignored: list[Ignored]
) -> None:
    child = read(field.element, node)
    if field.section and not field.element.MAY_BE_EMPTY and says_nothing(child):
        ignored.extend(i._replace(name=f"{field.xml}{i.name}") for i in child.ignored)
    else:
        values[field.name] = child


def _read_into_list(
    field: Field, node: etree._Element, values: dict[str, Any], _: list[Ignored]
) -> None:
    values.setdefault(field.name, []).append(read(field.element, node))


def _read_value(
    field: Field, node: etree._Element, values: dict[str, Any], ignored: list[Ignored]
) -> None:
    _leaf(field, node, ignored)
    raw = _text(node)
    if not raw and field.codec is TEXT and field.kind is Kind.VALUE and not field.required:
        return  # text that is empty is as none
    try:
        value = field.parse(raw)
    except ValueError as error:
        _refuse(node, str(error))
    if field.kind is Kind.VALUES:
        values.setdefault(field.name, []).append(value)
    else:
        values[field.name] = value


def _read_flag(
    field: Field, node: etree._Element, values: dict[str, Any], ignored: list[Ignored]
) -> None:
    _leaf(field, node, ignored)
    values[field.name] = True


def _read_kept(
    field: Field, node: etree._Element, values: dict[str, Any], _: list[Ignored]
) -> None:
    values[field.name] = _verbatim(node)


_READERS: dict[Kind, _Reader] = {
    Kind.CHILD: _read_child,
    Kind.CHILDREN: _read_into_list,
    Kind.VALUE: _read_value,
    Kind.VALUES: _read_value,
    Kind.FLAG: _read_flag,
    Kind.KEPT: _read_kept,
}


def _leaf(field: Field, node: etree._Element, ignored: list[Ignored]) -> None:
    """Note what a value's element holds beside its text, as `tag@name` of its parent."""
    for child in node:
        if isinstance(child.tag, str):
            _refuse(child, f"<{field.xml}> takes no elements")
    line = node.sourceline or 0
    ignored.extend(Ignored(f"{field.xml}@{key}", line) for key, _ in node.items())


def _text(node: etree._Element) -> str:
    """The text directly in `node`, comments left out."""
    if not len(node):
        return node.text or ""
    texts = [node.text or "", *(child.tail or "" for child in node)]
    if any(isinstance(child.tag, str) for child in node):
        return "".join(texts).strip()  # what is between elements is their indentation
    return "".join(texts)


def _foreign(node: etree._Element, key: str, value: str) -> ForeignAttribute:
    namespace, local = key[1:].split("}", 1)
    if namespace == "http://www.w3.org/XML/1998/namespace":
        return ForeignAttribute(f"xml:{local}", value)
    prefix = next(p for p, uri in node.nsmap.items() if uri == namespace and p)
    return ForeignAttribute(f"{prefix}:{local}", value, namespace)


def _verbatim(node: etree._Element) -> str:
    """The node's own text, with the namespaces it uses of those declared around it."""
    parent = node.getparent()
    if parent is not None and parent.nsmap:
        node = copy.deepcopy(node)
        node.tail = None
        etree.cleanup_namespaces(node)
    return etree.tostring(node, encoding="unicode", with_tail=False)


def _refuse(node: etree._Element, reason: str) -> NoReturn:
    path = [_brief(node.tag)]
    path += [_brief(parent.tag) for parent in node.iterancestors()]
    raise _invalid("/".join(reversed(path)), node.sourceline or 0, reason)


def _invalid(element: str, line: int, reason: str) -> InvalidDocument:
    where = f"line {line}: " if line else ""
    what = f"<{element}>: " if element else ""
    return InvalidDocument(f"{where}{what}{reason}", line=line, element=element, reason=reason)


def _brief(tag: object) -> str:
    text = str(tag)
    return text if len(text) <= 60 else f"{text[:57]}..."
