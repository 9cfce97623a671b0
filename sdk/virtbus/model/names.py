"""Names of objects, which become names of files and arguments of commands."""

from __future__ import annotations

import re

from ..errors import InvalidDocument

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_BYTES = 200
"""So that a name with a suffix still fits a file name (255 bytes on Linux)."""


def check_name(name: str, element: str = "name") -> str:
    """`name` itself when it may name an object and a file.

    Raises InvalidDocument when it is empty, "." or "..", longer than
    `MAX_BYTES` in UTF-8, begins or ends with white space, or contains "/" or
    a control character.
    """
    reason = _reason(name)
    if reason:
        raise InvalidDocument(f"<{element}>: {reason}", line=0, element=element, reason=reason)
    return name


def _reason(name: str) -> str:
    if not name:
        return "a name must not be empty"
    if name in (".", ".."):
        return f"'{name}' cannot be a name"
    if "/" in name:
        return "a name must not contain '/'"
    if _CONTROL.search(name):
        return "a name must not contain control characters"
    if name != name.strip():
        return "a name must not begin or end with white space"
    if len(name.encode()) > MAX_BYTES:
        return f"a name must not be longer than {MAX_BYTES} bytes"
    return ""
