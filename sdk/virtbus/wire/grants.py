"""What a sender may do: words `effect:kind:route` (PROTOCOL.md, section 5).

The broker stamps the words on each request; the agent's runtime checks them against the
catalogue. The broker checks them itself only where no agent is asked (READ, SNAPSHOT, updates).
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..errors import InvalidArgument

ALL = "*:*:*"
READ_ONLY = "read:*:*"

_WORD = re.compile(r"(\*|read|change|force):(\*|[a-z_]+):([^\s]+)\Z")
_INCLUDES = {
    "read": ("read", "change", "force", "*"),
    "change": ("change", "*"),
    "force": ("force", "*"),
}


def check_grants(words: str) -> None:
    """Refuse a malformed list of words; raises InvalidArgument (field "allow")."""
    for word in words.split():
        if not _WORD.match(word):
            reason = f"{word!r} is not effect:kind:route, as in change:domain:qemu:///system"
            raise InvalidArgument(reason, field="allow", reason=reason)


@lru_cache(maxsize=4096)
def allows(words: str, effect: str, kind: str, route: str) -> bool:
    """Whether the words grant `effect` on objects of `kind` of `route`; kind "*" asks for all."""
    for word in words.split():
        match = _WORD.match(word)
        if match is None:
            continue
        granted, granted_kind, granted_route = match.groups()
        if granted not in _INCLUDES[effect] or granted_kind not in ("*", kind):
            continue
        if granted_route == route or (
            granted_route.endswith("*") and route.startswith(granted_route[:-1])
        ):
            return True
    return False
