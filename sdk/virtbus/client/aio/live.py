"""All domains of a connection, always up to date, read without asking anybody."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

from ...errors import DeadlineExceeded, NoSuchAgent, NotConnected, VirtbusError
from ...wire.frames import Kind, Presence, split_index, topic_of
from ..decode import decode_reply
from ..feed import LinkChange, Update
from ..live_table import KIND, PREFIX, LiveTable, Watch
from ..notices import RouteState, route_state
from ._shell import Feed, Notice, Worker
from .domain import Domain

if TYPE_CHECKING:
    from .caller import Caller

FOREVER_S = 10 * 365 * 24 * 3600.0
START_S = 10.0
SNAPSHOT_S = 5.0
TURN_S = 5.0
PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
_NOTHING = f"{PREFIX}-"  # a prefix that no key has: only the number is wanted


class LiveDomains(Mapping[UUID | str, Domain]):
    """What `Connection.live_domains` gives: a mapping by UUID, which also finds names.

    It holds what the agent last published; `fresh` tells whether that is current. While agent or
    broker are away the last known records stay, with `fresh` False and `presence` telling why.
    In `virtbus.aio` a task keeps it up to date; the blocking one has a thread of its own for that,
    which ends with `close`, and may be read from any thread.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._table = LiveTable()
        self._notice = Notice()
        self._closed = False
        self._linked = False
        self._loaded = False
        self._pause_s = PAUSE_S
        self._retry_at_s = 0.0
        self.presence = RouteState.DISCONNECTED
        self.problem = ""
        self.resyncs = 0
        route = caller.route
        topics = [topic_of(route, PREFIX), topic_of(route, "presence")]
        self._feed = Feed(caller.endpoint, topics)
        self._worker = Worker(self._run, f"live domains of {route}")

    # Reading

    @property
    def fresh(self) -> bool:
        """Whether all that the agent has published is in here, and it is there to publish more."""
        return self._loaded and self._linked and self.presence is RouteState.PRESENT

    def __getitem__(self, key: UUID | str) -> Domain:
        uuid = self._table.names[key] if isinstance(key, str) else key
        return self._caller.domain_of(self._table.records[uuid])

    def __iter__(self) -> Iterator[UUID | str]:
        return iter(tuple(self._table.records))

    def __len__(self) -> int:
        return len(self._table.records)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<LiveDomains {self._caller.route} {len(self)} {self.presence}>"

    # Waiting

    async def wait_for(self, predicate: Callable[[Self], bool], *, timeout_s: float = 60.0) -> None:
        """Return when `predicate` of this view holds; it is asked again after each change.

        Changes made over this connection are in the view before it is asked first. Raises
        DeadlineExceeded.
        """
        due_s = time.monotonic() + timeout_s
        await self.caught_up(timeout_s=timeout_s)
        await self._wait(lambda: predicate(self), due_s, timeout_s)

    async def caught_up(
        self, position: tuple[int, int] | None = None, *, timeout_s: float = 10.0
    ) -> None:
        """Return when the view shows the changes made over this connection until now.

        `position` is an epoch and number of another source. Raises DeadlineExceeded.
        """
        wanted = self._caller.own_writes.newest(KIND) if position is None else position
        due_s = time.monotonic() + timeout_s
        await self._wait(lambda: self._table.position >= wanted, due_s, timeout_s)

    def changes(self, *, timeout_s: float = FOREVER_S) -> AsyncIterator[frozenset[UUID]]:
        """Yield the UUIDs of the domains that changed (came, went) since the last turn.

        The first turn counts from this call; changes of one domain between two turns are one.
        Ends when nothing changed for `timeout_s`, or the view is closed.
        """
        return self._changes(self._table.watch(), timeout_s)

    async def _changes(self, watch: Watch, timeout_s: float) -> AsyncIterator[frozenset[UUID]]:
        while not self._closed:
            seen = self._notice.count
            if changed := watch.take():
                yield changed
            elif not await self._notice.wait(seen, timeout_s):
                return

    async def close(self) -> None:
        """End the subscription; what was known can still be read."""
        self._closed = True
        await self._feed.close()
        await self._worker.stop()
        self._notice.ring()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def ready(self, *, timeout_s: float = START_S) -> Self:
        """Return when the broker has said how things stand: all loaded, or the agent absent."""
        due_s = time.monotonic() + timeout_s
        try:
            await self._wait(lambda: self._linked and self._has_answer(), due_s, timeout_s)
        except DeadlineExceeded:
            place = self._caller.endpoint.updates
            raise NotConnected(
                f"no state from the broker at {place} within {timeout_s:g} s: {self.problem}",
                endpoint=place,
            ) from None
        return self

    def _has_answer(self) -> bool:
        return self._loaded or self.presence is RouteState.ABSENT

    async def _wait(self, ready: Callable[[], bool], due_s: float, timeout_s: float) -> None:
        while True:
            seen = self._notice.count
            if ready():
                return
            left_s = due_s - time.monotonic()
            if self._closed or left_s <= 0 or not await self._notice.wait(seen, left_s):
                raise DeadlineExceeded(
                    f"the view of {self._caller.route} was not there within {timeout_s:g} s",
                    deadline_ms=int(timeout_s * 1000),
                )

    # Keeping up to date

    async def _run(self) -> None:
        while not self._closed:
            now_s = time.monotonic()
            if self._linked and not self._loaded and now_s >= self._retry_at_s:
                await self._load()
                continue
            wait_s = TURN_S
            if not self._loaded:
                wait_s = max(0.0, min(TURN_S, self._retry_at_s - now_s))
            item = await self._feed.receive(wait_s if self._linked else TURN_S)
            if item is not None:
                self._take(item)
                self._notice.ring()
            elif self._loaded:
                await self._check()

    def _take(self, item: LinkChange | Update) -> None:
        try:
            if isinstance(item, LinkChange):
                self._linked = item is LinkChange.LINKED
                self._out_of_date()
                if not self._linked:
                    self.presence = RouteState.DISCONNECTED
            elif item.header.name == "presence":
                presence = decode_reply(item.body, Presence, "presence")
                self.presence = route_state(presence.state)
                if self.presence is not RouteState.UNRESPONSIVE:
                    self._out_of_date()
            elif self._loaded and not self._table.apply(item.header, item.body):
                self.resyncs += 1
                self._out_of_date()
        except VirtbusError as error:
            self.problem = str(error)
            self._out_of_date()

    async def _check(self) -> None:
        """After a quiet turn, see that it was not the last publication that got lost."""
        try:
            reply = await self._caller.ask(Kind.SNAPSHOT, _NOTHING, deadline_s=SNAPSHOT_S)
        except VirtbusError as error:
            self.problem = str(error)
            return
        if reply.name == "absent" or (reply.epoch, reply.number) > self._table.position:
            self._out_of_date()

    def _out_of_date(self) -> None:
        self._loaded = False
        self._pause_s, self._retry_at_s = PAUSE_S, 0.0

    async def _load(self) -> None:
        """Take a snapshot; what cannot be had now is tried again later."""
        try:
            reply = await self._caller.ask(Kind.SNAPSHOT, PREFIX, deadline_s=SNAPSHOT_S)
            if reply.name != "absent":
                values = split_index(reply.body, b"".join(reply.data))
                self._table.load(reply.epoch, reply.number, values)
                self._loaded = True
                self.problem = ""
            if self.presence is not RouteState.UNRESPONSIVE:
                self.presence = RouteState.PRESENT
        except VirtbusError as error:
            self.problem = str(error)
            if isinstance(error, NoSuchAgent):
                self.presence = RouteState.ABSENT
        if not self._loaded:
            self._retry_at_s = time.monotonic() + self._pause_s
            self._pause_s = min(MAX_PAUSE_S, 2 * self._pause_s)
        self._notice.ring()
