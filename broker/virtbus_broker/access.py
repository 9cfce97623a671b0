"""What a sender may read at the broker itself: keys, snapshots, topics (PROTOCOL.md, section 5)."""

from __future__ import annotations

import re

from virtbus.wire.grants import allows

_KIND = re.compile(r"[a-z_]+\Z")
_WELCOME = re.compile(rb"welcome [0-9a-f]{32}\Z")


def is_welcome(topic: bytes) -> bool:
    """Whether a subscription asks for the welcome."""
    return _WELCOME.match(topic) is not None


def kind_of(key: str) -> str:
    """The kind of object that a key, or a key prefix, is bound to; "*" if to none."""
    parts = key.split("/", 2)
    return parts[1] if len(parts) == 3 and _KIND.match(parts[1]) else "*"


def may_read(grants: str, route: str, key: str) -> bool:
    """Whether all keys with that prefix may be read."""
    return allows(grants, "read", kind_of(key), route)


def may_subscribe(grants: str, topic: bytes) -> bool:
    """Whether everything that a topic prefix lets through may be read.

    A topic without a space is the beginning of many routes: only a word for all of them will do.
    """
    if is_welcome(topic):
        return True
    try:
        route, space, key = topic.decode().partition(" ")
    except UnicodeDecodeError:
        return False
    if not space:
        return allows(grants, "read", "*", f"{route}*")
    if key == "presence":
        return any(allows(grants, "read", kind, route) for kind in _kinds(grants))
    return may_read(grants, route, key)


def _kinds(grants: str) -> set[str]:
    return {
        parts[1] for parts in (word.split(":", 2) for word in grants.split()) if len(parts) == 3
    }
