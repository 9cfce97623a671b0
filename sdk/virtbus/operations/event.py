"""Events: what agents tell of their own accord, numbered and kept in their journals."""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from .declare import Effect, Request, operation


class Lifecycle(enum.StrEnum):
    """What happened to a domain (virDomainEventType)."""

    DEFINED = "defined"
    UNDEFINED = "undefined"
    STARTED = "started"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    STOPPED = "stopped"
    SHUTDOWN = "shutdown"
    PMSUSPENDED = "pmsuspended"
    CRASHED = "crashed"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Root of all events.

    `number` counts one route's events of one kind of object without gaps, over restarts too;
    `time_ms` is Unix time; `late` tells that it happened while the agent was away.
    """

    uuid: UUID
    name: str
    number: int = 0
    time_ms: int = 0
    late: bool = False


class DomainLifecycle(Event, frozen=True, kw_only=True, tag="domain_lifecycle"):
    """A domain was defined, started, stopped... (VIR_DOMAIN_EVENT_ID_LIFECYCLE)."""

    change: Lifecycle
    detail: str


class DomainReboot(Event, frozen=True, kw_only=True, tag="domain_reboot"):
    """The guest started anew without its process ending (VIR_DOMAIN_EVENT_ID_REBOOT)."""


class DomainBalloon(Event, frozen=True, kw_only=True, tag="domain_balloon"):
    """The guest's memory changed (VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE)."""

    actual_kib: int


class DomainWatchdog(Event, frozen=True, kw_only=True, tag="domain_watchdog"):
    """The guest's watchdog fired (VIR_DOMAIN_EVENT_ID_WATCHDOG)."""

    action: str


class DomainIoError(Event, frozen=True, kw_only=True, tag="domain_io_error"):
    """A disk failed to read or write (VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON)."""

    device: str
    action: str
    reason: str


class DomainRtc(Event, frozen=True, kw_only=True, tag="domain_rtc"):
    """The guest set its clock (VIR_DOMAIN_EVENT_ID_RTC_CHANGE)."""

    offset_s: int


class DomainUnresponsive(Event, frozen=True, kw_only=True, tag="domain_unresponsive"):
    """The guest's monitor stopped answering, or answers again (`responsive`)."""

    responsive: bool


AnyEvent = (
    DomainLifecycle
    | DomainReboot
    | DomainBalloon
    | DomainWatchdog
    | DomainIoError
    | DomainRtc
    | DomainUnresponsive
)


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the journal: events in order; `lost` were dropped before the first of them.

    `newest` is the number of the last event of that kind in the journal.
    """

    events: tuple[AnyEvent, ...]
    newest: int
    lost: int = 0


@operation(
    "event.replay",
    method="replay_events",
    kind_field="kind",
    effect=Effect.READ,
    deadline_s=30.0,
    since="0.1",
)
class Replay(Request[EventList]):
    """Give events from the agent's journal with numbers above `after`, at most `limit`.

    `kind` is the kind of object whose events are wanted; numbers count those alone.
    """

    after: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\Z", max_length=32)] = "domain"
