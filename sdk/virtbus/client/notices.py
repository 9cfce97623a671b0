"""What event streams say besides events, so that they never go silent without saying so."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ..operations.event import AnyEvent, Event


class RouteState(StrEnum):
    """How it stands with a route: three are the broker's word, the fourth is this end's."""

    PRESENT = "present"
    ABSENT = "absent"
    UNRESPONSIVE = "unresponsive"
    DISCONNECTED = "disconnected"


def route_state(word: str) -> RouteState:
    """The state a broker names; a word of a newer one means that the route cannot be relied on."""
    try:
        return RouteState(word)
    except ValueError:
        return RouteState.UNRESPONSIVE


class RouteChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The agent came, went, fell silent or answers again, or the broker was lost.

    While the state is not PRESENT no events come. What happens meanwhile is asked from the agent's
    journal as soon as it answers, and follows in order.
    """

    route: str
    state: RouteState
    reason: str = ""


class EventsLost(msgspec.Struct, frozen=True, kw_only=True):
    """Events that the agent's journal no longer has; `count` is None where nobody can tell."""

    route: str
    count: int | None


EventItem = AnyEvent | Event | RouteChanged | EventsLost
