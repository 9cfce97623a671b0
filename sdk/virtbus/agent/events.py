"""The journal of events: numbered for the life of the store, kept, published, replayed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque

import msgspec

from ..errors import VirtbusError
from ..operations.event import AnyEvent
from ..wire.frames import encode_body
from .logs import Logger
from .publish import Feed
from .store import Store

_TRIM_EVERY = 200
_MAX_NUMBER = 2**63 - 1


class Replayed(msgspec.Struct, frozen=True):
    """An EventList whose events are packed still, as they were published."""

    events: list[bytes]
    newest: int
    lost: int


class EventJournal:
    """One route's events of one kind. An event is journalled before it is published, in order.

    If the store fails, events are published all the same; `failure` says what is wrong.
    """

    def __init__(self, store: Store, feed: Feed, kept: int, log: Logger) -> None:
        self._key = (feed.route, feed.kind)
        self._store = store
        self._feed = feed
        self._kept = kept
        self._log = log
        self._newest = 0
        self._trim_at = 0
        self._unsent: deque[tuple[AnyEvent, bytes, asyncio.Future[None]]] = deque()
        self.failure = ""

    async def open(self) -> None:
        """Continue the numbers of the journal in the store."""
        sql = "SELECT max(number) FROM event WHERE route = ? AND kind = ?"
        rows = await self._store.read(sql, *self._key)
        self._newest = rows[0][0] or 0

    def emit(self, event: AnyEvent) -> asyncio.Future[None]:
        """Number, journal and publish an event; the future is done once it is published."""
        self._newest += 1
        now_ms = time.time_ns() // 1_000_000
        event = msgspec.structs.replace(event, number=self._newest, time_ms=event.time_ms or now_ms)
        body = encode_body(event)
        published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unsent.append((event, body, published))
        row = (*self._key, event.number, event.time_ms, body)
        try:
            written = self._store.run(lambda database: _insert(database, row), single=True)
        except VirtbusError as error:
            self._sent(error)
        else:
            written.add_done_callback(lambda future: self._sent(future.exception()))
        self._trim()
        return published

    def _sent(self, error: BaseException | None) -> None:
        failure = str(error) if error is not None else ""
        if failure and failure != self.failure:
            self._log.error("events are published but not kept", reason=failure)
        self.failure = failure
        event, body, published = self._unsent.popleft()
        self._feed.put_event(str(event.uuid), event.number, body)
        if not published.done():
            published.set_result(None)

    def _trim(self) -> None:
        if self._newest < self._trim_at:
            return
        self._trim_at = self._newest + _TRIM_EVERY
        sql = "DELETE FROM event WHERE route = ? AND kind = ? AND number <= ?"
        values = (*self._key, self._newest - self._kept)
        try:
            trimmed = self._store.run(lambda database: database.execute(sql, values))
        except VirtbusError as error:
            self._log.warning("old events could not be removed", reason=str(error))
        else:
            trimmed.add_done_callback(self._trimmed)

    def _trimmed(self, future: asyncio.Future[sqlite3.Cursor]) -> None:
        if (error := future.exception()) is not None:
            self._log.warning("old events could not be removed", reason=str(error))

    async def replay(self, after: int, limit: int) -> Replayed:
        """Kept events with numbers above `after`, and how many before them are lost."""
        rows = await self._store.read(
            "SELECT number, body FROM event WHERE route = ? AND kind = ? AND number > ? "
            "ORDER BY number LIMIT ?",
            *self._key,
            min(after, _MAX_NUMBER),
            limit,
        )
        newest = self._newest - len(self._unsent)
        first = rows[0][0] if rows else newest + 1
        return Replayed([row[1] for row in rows], newest, max(0, first - 1 - after))

    @property
    def kept(self) -> int:
        """How many events can be replayed at most."""
        return min(self._newest, self._kept)


def _insert(database: sqlite3.Connection, row: tuple[str, str, int, int, bytes]) -> None:
    database.execute("INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?)", row)
