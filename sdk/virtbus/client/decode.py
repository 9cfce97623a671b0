"""Bodies that came from the broker or an agent, to their types."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from ..errors import InvalidArgument, ProtocolMismatch
from ..operations.event import AnyEvent, Event
from ..wire.frames import decode_body, unpack

T = TypeVar("T")


def decode_reply(body: bytes, kind: type[T], what: str) -> T:
    """The typed value of an answer; raises ProtocolMismatch if it is not of its type."""
    try:
        return decode_body(body, kind)
    except InvalidArgument as error:
        raise ProtocolMismatch(
            f"the answer to {what} is not what this version of virtbus knows", cause=str(error)
        ) from error


def decode_event(body: bytes) -> AnyEvent | Event:
    """The event in a published body."""
    return event_of(unpack(body))


def event_of(value: Any) -> AnyEvent | Event:
    """An event from plain values; one of a kind that this version does not know is an `Event`."""
    try:
        known: AnyEvent = msgspec.convert(value, AnyEvent)
    except msgspec.ValidationError as error:
        if not isinstance(value, dict) or value.get("event") in _KNOWN:
            raise ProtocolMismatch("malformed event", cause=str(error)) from error
    else:
        return known
    try:
        return msgspec.convert({**value, "event": "Event"}, Event)
    except msgspec.ValidationError as error:
        raise ProtocolMismatch("malformed event", cause=str(error)) from error


_KNOWN = frozenset(kind.__struct_config__.tag for kind in AnyEvent.__args__)
