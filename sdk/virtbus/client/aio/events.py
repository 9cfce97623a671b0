"""The events of a route, in order, with nothing missing that is not told."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ...errors import (
    AgentGone,
    DeadlineExceeded,
    InvalidState,
    NoSuchAgent,
    NotConnected,
    RetryError,
    VirtbusError,
)
from ...operations.event import Event, Replay
from ...wire.frames import Kind, Presence, encode_body, topic_of
from ..decode import decode_event, decode_reply
from ..feed import LinkChange, Update
from ..journal import Page, decode_page
from ..notices import EventItem, EventsLost, RouteChanged, RouteState, route_state
from ._shell import Feed

if TYPE_CHECKING:
    from .caller import Caller

FOREVER_S = 10 * 365 * 24 * 3600.0
START_S = 10.0
REPLAY_S = 5.0
IDLE_S = 30.0
PAGE = 1000
PAUSE_S = 0.2
MAX_PAUSE_S = 5.0
_END_OF_JOURNAL = 2**62
_KIND = "domain"


class EventStream:
    """What `Connection.events` gives: iterate over it, or call `next`.

    Items are events, `RouteChanged` when agent or broker come and go, and `EventsLost` when events
    are gone for good. After a gap, of whatever cause, what was missed is asked from the agent's
    journal and comes first; numbers only rise. As a context manager, from its entry on no event
    is missed. What is not read yet waits in a bounded queue; its overflow is a gap.
    One task (or thread) iterates; any may close.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        after: int | None,
        kinds: Sequence[type[Event]],
        timeout_s: float | None,
    ) -> None:
        self._caller = caller
        self._after = after
        self._kinds = tuple(kinds)
        self._timeout_s = FOREVER_S if timeout_s is None else timeout_s
        self._feed: Feed | None = None
        self._closed = False
        self._ready: deque[EventItem] = deque()
        self._last: int | None = after
        self._anchor: Event | None = None
        self._epoch = 0
        self._state = RouteState.PRESENT
        self._is_behind = after is not None
        self._pause_s = PAUSE_S
        self._retry_at_s = 0.0

    @property
    def last_number(self) -> int | None:
        """The number of the last event seen, to go on from with `events(after=...)`."""
        return self._last

    async def start(self, *, deadline_s: float = START_S) -> None:
        """Subscribe. On return no event is missed any more. Raises NotConnected."""
        if self._feed is not None or self._closed:
            return
        due_s = time.monotonic() + deadline_s
        route = self._caller.route
        topics = [topic_of(route, f"event/{_KIND}/"), topic_of(route, "presence")]
        self._feed = Feed(self._caller.endpoint, topics)
        while (left_s := due_s - time.monotonic()) > 0:
            if await self._feed.receive(left_s) is LinkChange.LINKED:
                await self._find_end()
                return
        await self._give_up()
        raise NotConnected(
            f"no welcome from the broker at {self._caller.endpoint.updates} within "
            f"{deadline_s:g} s; is virtbus-broker running?",
            endpoint=self._caller.endpoint.updates,
        )

    async def next(self, *, timeout_s: float = FOREVER_S) -> EventItem | None:
        """The next item; None if there is none in time, or the stream was closed.

        A replay under way may take a few seconds longer than `timeout_s`. Raises NotAllowed when
        the caller's role may not have the events, and NotConnected if it cannot start.
        """
        if self._feed is None:
            await self.start()
        due_s = time.monotonic() + timeout_s
        while not self._ready and not self._closed:
            now_s = time.monotonic()
            if self._is_behind and now_s >= self._retry_at_s:
                await self._catch_up()
                continue
            turn_s = self._retry_at_s - now_s if self._is_behind else IDLE_S
            item = await self._receive(max(0.0, min(due_s - now_s, turn_s)))
            if item is not None:
                self._take(item)
            elif time.monotonic() >= due_s:
                break
            elif self._last is not None and not self._is_behind:
                self._fall_behind()  # so that a lost last event is not missed for ever
        return self._ready.popleft() if self._ready else None

    async def close(self) -> None:
        """End the subscription; an iteration under way ends."""
        self._closed = True
        if self._feed is not None:
            await self._feed.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventItem:
        item = await self.next(timeout_s=self._timeout_s)
        if item is None:
            raise StopAsyncIteration
        return item

    async def _give_up(self) -> None:
        if self._feed is not None:
            await self._feed.close()
            self._feed = None

    async def _receive(self, timeout_s: float) -> LinkChange | Update | None:
        if self._feed is None:
            raise InvalidState("the event stream has not been started", state="new")
        return await self._feed.receive(timeout_s)

    # What has come

    def _take(self, item: LinkChange | Update) -> None:
        if item is LinkChange.LOST:
            self._tell(RouteState.DISCONNECTED, "the connection to the broker ended")
        elif isinstance(item, LinkChange):
            self._fall_behind()
        elif item.header.name == "presence":
            presence = decode_reply(item.body, Presence, "presence")
            self._tell(route_state(presence.state), presence.reason)
            if presence.state == RouteState.PRESENT and self._last is not None:
                self._fall_behind()
        else:
            self._take_event(item)

    def _take_event(self, update: Update) -> None:
        number, epoch = update.header.number, update.header.epoch
        is_new_run, self._epoch = epoch != self._epoch and self._epoch != 0, epoch
        if self._last is None or number == self._last + 1:
            self._last = number
            self._anchor = decode_event(update.body)
            self._queue(self._anchor)
        elif number > self._last or is_new_run:
            self._fall_behind()

    def _queue(self, event: Event) -> None:
        if not self._kinds or isinstance(event, self._kinds):
            self._ready.append(event)

    def _tell(self, state: RouteState, reason: str) -> None:
        if state is not self._state:
            self._state = state
            changed = RouteChanged(route=self._caller.route, state=state, reason=reason)
            self._ready.append(changed)

    # What was missed

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._pause_s, self._retry_at_s = PAUSE_S, 0.0

    async def _find_end(self) -> None:
        """Without a place to go on from take the end of the journal, if the agent is there."""
        if self._last is not None:
            return
        try:
            page = await self._ask(_END_OF_JOURNAL, 1)
        except (RetryError, AgentGone, DeadlineExceeded) as error:
            self._tell(_state_behind(error), str(error))
        except VirtbusError:
            await self._give_up()
            raise
        else:
            self._last = page.newest

    async def _catch_up(self) -> None:
        """Queue a page of what was missed; on failure say why, and try again later."""
        try:
            if self._last is None:
                page = await self._ask(_END_OF_JOURNAL, 1)
                self._lose(None)
                self._last = page.newest
                self._is_behind = False
            else:
                # The last one known comes again, which shows that it is still the same journal.
                known = 0 if self._anchor is None else 1
                self._go_through(await self._ask(self._last - known, PAGE))
        except (RetryError, AgentGone, DeadlineExceeded) as error:
            self._tell(_state_behind(error), str(error))
            self._retry_at_s = time.monotonic() + self._pause_s
            self._pause_s = min(MAX_PAUSE_S, 2 * self._pause_s)
        else:
            self._tell(RouteState.PRESENT, "")

    def _go_through(self, page: Page) -> None:
        """Queue what is new on a page, and note whether there are more."""
        assert self._last is not None, "a page is asked from a place"
        events, lost = page.events, page.lost
        is_other = page.newest < self._last
        if self._anchor is not None and events and events[0].number == self._last:
            is_other = events[0] != self._anchor
            events = events[1:]
        elif self._anchor is not None and lost:
            lost -= 1
        if is_other:  # the agent's store was made anew: its numbers start again
            self._lose(None)
            self._last, self._anchor = 0, None
            return
        if lost:
            self._lose(lost)
            self._last += lost
            self._anchor = None
        for event in events:
            self._last, self._anchor = event.number, event
            self._queue(event)
        self._is_behind = page.newest > self._last

    def _lose(self, count: int | None) -> None:
        self._ready.append(EventsLost(route=self._caller.route, count=count))

    async def _ask(self, after: int, limit: int) -> Page:
        reply = await self._caller.ask(
            Kind.REQUEST,
            "event.replay",
            encode_body(Replay(kind=_KIND, after=after, limit=limit)),
            deadline_s=REPLAY_S,
        )
        return decode_page(reply.body)


def _state_behind(error: VirtbusError) -> RouteState:
    """How it stands with the route if asking it failed so."""
    if isinstance(error, NoSuchAgent | AgentGone):
        return RouteState.ABSENT
    return RouteState.DISCONNECTED if isinstance(error, NotConnected) else RouteState.UNRESPONSIVE
