"""The words of QEMU's command line, and how text gets into them unharmed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from virtbus.errors import InvalidDocument, Unsupported

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII)


class QmpCommand(msgspec.Struct, frozen=True):
    """A monitor command and its arguments."""

    name: str
    arguments: dict[str, Any] = {}


def json_option(properties: Mapping[str, Any]) -> str:
    """An option in JSON, in the given order; properties that are None are left out.

    QEMU takes a value that begins with "{" as JSON: nothing in it can become another option.
    """
    kept = {name: value for name, value in properties.items() if value is not None}
    return msgspec.json.encode(kept).decode()


def escaped(value: str) -> str:
    """A value within a comma-separated option; QEMU reads ",," as one comma."""
    return value.replace(",", ",,")


def keyed(head: str, **options: str | int | bool | None) -> str:
    """A comma-separated option; None leaves a key out. Keys write "-" as "_"."""
    parts = [head] if head else []
    for name, value in options.items():
        if value is None:
            continue
        text = on_off(value) if isinstance(value, bool) else escaped(str(value))
        parts.append(f"{name.replace('_', '-')}={text}")
    return ",".join(parts)


def on_off(value: bool) -> str:
    """QEMU's words for a switch."""
    return "on" if value else "off"


def word(value: str, element: str) -> str:
    """`value` when it is one plain word (a model, a machine); InvalidDocument otherwise."""
    if not _WORD.fullmatch(value):
        reason = "expected a name of letters, digits, '.', '_', '+' and '-'"
        raise InvalidDocument(f"<{element}>: {reason}", line=0, element=element, reason=reason)
    return value


def invalid(element: str, reason: str, line: int = 0) -> InvalidDocument:
    """The error for a document that contradicts the machine it asks for."""
    where = f"line {line}: " if line else ""
    return InvalidDocument(
        f"{where}<{element}>: {reason}", line=line, element=element, reason=reason
    )


def unsupported(element: str, what: str, line: int = 0) -> Unsupported:
    """The error for what a document may ask of some hypervisor, but not of this agent."""
    where = f"line {line}: " if line else ""
    return Unsupported(
        f"{where}<{element}>: {what} is not supported by this agent; leave it out, or change it",
        operation="translate",
        feature=f"{element} {what}",
    )
