"""A page of an agent's event journal, read so that unknown kinds of events do not stop it."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import ProtocolMismatch
from ..operations.event import AnyEvent, Event
from ..wire.frames import unpack
from .decode import event_of


class Page(NamedTuple):
    """See `operations.event.EventList`."""

    events: list[AnyEvent | Event]
    newest: int
    lost: int


def decode_page(body: bytes) -> Page:
    """The answer to `event.replay`; raises ProtocolMismatch."""
    value = unpack(body)
    try:
        events = [event_of(item) for item in value["events"]]
        return Page(events, int(value["newest"]), int(value.get("lost", 0)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolMismatch(
            "the answer to event.replay is malformed", cause=repr(error)
        ) from None
