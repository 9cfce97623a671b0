"""From declared elements to text, in libvirt's order, quoting and indentation."""

from __future__ import annotations

import re
from typing import Any

from ...errors import InvalidDocument
from .declare import Element, Kind
from .namespaces import NAMESPACES
from .table import Field, says_nothing, table_of

_SPECIAL = re.compile("[&<>'\"\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "'": "&apos;",
    '"': "&quot;",
    "\t": "&#x9;",
    "\n": "&#xA;",
    "\r": "&#xD;",
}
_IN_TEXT = {**_ESCAPES, "\t": "\t", "\n": "\n"}


def format_element(tag: str, element: Element) -> str:
    """The document of `element` under the root `tag`, ending in a newline.

    Raises InvalidDocument when a field holds what XML or its type cannot.
    """
    out: list[str] = []
    _write(out, tag, element, "")
    out.append("")
    return "\n".join(out)


def _write(out: list[str], tag: str, element: Element, indent: str) -> None:
    table = table_of(type(element))
    head = f"{indent}<{tag}"
    for name, field in table.named_attributes:
        value = getattr(element, name)
        if value is not None:
            head += f" {field.xml}='{_formatted(field, tag, value, _ESCAPES)}'"
    text = ""
    body: list[str] = []
    inner = indent + "  "
    for name, kind, field in table.named_body:
        value = getattr(element, name)
        if value is None:
            continue
        if kind is Kind.CHILD:
            if not (field.section and says_nothing(value)):
                _write(body, field.xml, value, inner)
        elif kind is Kind.CHILDREN:
            for item in value:
                _write(body, item.TAG or field.xml, item, inner)
        elif kind is Kind.TEXT:
            text = _formatted(field, tag, value, _IN_TEXT)
        elif kind is Kind.SIZE:
            head += f" unit='{field.unit.kept}'"
            text = str(value)
        else:
            _write_leaf(body, field, value, inner)
    if table.prefixed and ":" not in tag:
        head += _declared(table.prefixed, element)
    if element.other_attributes:
        head += _foreign(element)
    body += [f"{inner}{kept}" for kept in element.other]
    if body:
        out.append(f"{head}>{text}")
        out += body
        out.append(f"{indent}</{tag}>")
    elif text:
        out.append(f"{head}>{text}</{tag}>")
    else:
        out.append(f"{head}/>")


def _write_leaf(out: list[str], field: Field, value: Any, indent: str) -> None:
    xml = field.xml
    if field.kind is Kind.KEPT:
        out.append(f"{indent}{value}")
        return
    if field.kind is Kind.FLAG:
        if value:
            out.append(f"{indent}<{xml}/>")
        return
    for item in value if field.kind is Kind.VALUES else (value,):
        text = _formatted(field, xml, item, _IN_TEXT)
        out.append(f"{indent}<{xml}>{text}</{xml}>" if text else f"{indent}<{xml}/>")


def _declared(prefixed: tuple[Field, ...], element: Element) -> str:
    """The declarations of the namespaces that the element's own children are in."""
    prefixes = [f.xml.partition(":")[0] for f in prefixed if getattr(element, f.name)]
    return "".join(f" xmlns:{p}='{NAMESPACES[p]}'" for p in dict.fromkeys(prefixes))


def _foreign(element: Element) -> str:
    """The kept attributes of an element, with the namespaces they need."""
    out = ""
    declared: set[str] = set()
    for name, value, namespace in element.other_attributes:
        out += f" {name}='{_escape(value, _ESCAPES, name)}'"
        prefix = name.partition(":")[0]
        if namespace and prefix not in declared:
            declared.add(prefix)
            out += f" xmlns:{prefix}='{_escape(namespace, _ESCAPES, name)}'"
    return out


def _formatted(field: Field, tag: str, value: Any, escapes: dict[str, str]) -> str:
    try:
        text = field.format(value)
    except (ValueError, TypeError, AttributeError) as error:
        reason = f"'{field.name}': {error}"
        raise InvalidDocument(f"<{tag}>: {reason}", line=0, element=tag, reason=reason) from None
    return _escape(text, escapes, tag) if _SPECIAL.search(text) else text


def _escape(text: str, escapes: dict[str, str], tag: str) -> str:
    if not _SPECIAL.search(text):
        return text

    def replace(match: re.Match[str]) -> str:
        char = match[0]
        if char in escapes:
            return escapes[char]
        reason = f"the character {char!r} cannot stand in XML"
        raise InvalidDocument(f"<{tag}>: {reason}", line=0, element=tag, reason=reason)

    return _SPECIAL.sub(replace, text)
