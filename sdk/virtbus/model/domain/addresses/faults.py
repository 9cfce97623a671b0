"""The error for an address that cannot be had."""

from __future__ import annotations

from ....errors import InvalidDocument


def bad_address(kind: str, reason: str, line: int = 0) -> InvalidDocument:
    """`kind` is the element of the device, `line` where it stands."""
    where = f"line {line}: " if line else ""
    return InvalidDocument(
        f"{where}<{kind}>: {reason}", line=line, element=f"{kind}/address", reason=reason
    )
