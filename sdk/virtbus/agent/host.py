"""What the runtime gives a driver: its domains, events, store, slots, settings, tasks, log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar
from typing import Any, Generic, TypeVar
from uuid import UUID

from ..directories import Directories
from ..errors import InternalError
from ..operations.event import AnyEvent
from .driver import Call
from .events import EventJournal
from .logs import Logger
from .publish import DomainTable, Feed
from .settings import AgentSettings
from .slots import Slots
from .store import Store

SettingsT = TypeVar("SettingsT", bound=AgentSettings)
ResultT = TypeVar("ResultT")

current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


class Host(Generic[SettingsT]):
    """The runtime as one driver sees it.

    `domains` is what the driver publishes; `store` keeps definitions; `version` is the agent's own;
    `problems` are words for the operator, shown by `virtbus status` while they are in it. `feeds`
    and `journals` are what is published and what was told, by kind of object.
    """

    def __init__(
        self,
        *,
        route: str,
        version: str,
        settings: SettingsT,
        directories: Directories,
        store: Store,
        feeds: Mapping[str, Feed],
        log: Logger,
    ) -> None:
        self.route = route
        self.version = version
        self.settings = settings
        self.directories = directories
        self.store = store
        self.feeds = feeds
        self.log = log
        self.domains = DomainTable(feeds["domain"])
        self.journals = {
            kind: EventJournal(store, feed, settings.events_kept, log)
            for kind, feed in feeds.items()
        }
        self.slots = Slots()
        self.problems: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def left_s(self, most_s: float) -> float:
        """How long the request at hand may still take, at most `most_s`, in seconds.

        A little less than its deadline, so that what is asked can answer why it failed.
        """
        call = current_call.get()
        if call is None:
            return most_s
        left_s = call.deadline - asyncio.get_running_loop().time()
        return max(0.01, min(most_s, left_s - 0.05))

    def emit(self, event: AnyEvent) -> asyncio.Future[None]:
        """Journal and publish a domain's event; await the result to know that it is published."""
        return self.journals["domain"].emit(event)

    def sync(self) -> None:
        """Send all that is published of every kind, at each registration."""
        for feed in self.feeds.values():
            feed.sync()

    @asynccontextmanager
    async def changing(self, domain: UUID) -> AsyncIterator[None]:
        """Hold a domain's change slot, for handlers whose request does not name the domain.

        Raises Busy as the runtime does for the others.
        """
        call = current_call.get()
        if call is None:
            raise InternalError("changing() is for handlers")
        async with self.slots.hold(slot_key("domain", domain), call):
            yield

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something beside the handlers; it is logged if it fails, and cancelled at the end.

        It belongs to no request: neither its log lines nor `changing` know the one it came from.
        """
        task = asyncio.get_running_loop().create_task(work, name=name, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.problems[task.get_name()] = f"{task.get_name()} failed: {error}"
            self.log.error("task failed", task=task.get_name(), exc_info=error)

    async def to_its_end(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Await work that must not be left half-done; a cancel takes effect after it.

        For what is short and must happen as a whole, such as writing to the store and then taking
        over what was written.
        """
        task = asyncio.get_running_loop().create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    async def end_tasks(self) -> None:
        """Cancel what was spawned and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def load_objects(self, kind: str) -> list[tuple[UUID, str, str, bytes]]:
        """All kept objects of a kind: UUID, name, document and the driver's own extra bytes."""
        rows = await self.store.read(
            "SELECT id, name, document, extra FROM object WHERE route = ? AND kind = ?",
            self.route,
            kind,
        )
        return [(UUID(row[0]), row[1], row[2], row[3]) for row in rows]

    async def keep_object(
        self, kind: str, uuid: UUID, name: str, document: str, extra: bytes = b""
    ) -> None:
        """Keep an object's definition. On return it is synced to disk; raises StoreFailed."""
        sql = (
            "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (route, kind, id) DO UPDATE "
            "SET name = excluded.name, document = excluded.document, extra = excluded.extra"
        )
        values = (self.route, kind, str(uuid), name, document, extra)
        await self.store.write((sql, values), durable=True)

    async def forget_object(self, kind: str, uuid: UUID) -> None:
        """Forget an object's definition. On return that is synced to disk; raises StoreFailed."""
        sql = "DELETE FROM object WHERE route = ? AND kind = ? AND id = ?"
        await self.store.write((sql, (self.route, kind, str(uuid))), durable=True)

    async def forget_all(self) -> None:
        """Forget all that is kept of this route: its objects and its events."""
        await self.store.write(
            ("DELETE FROM object WHERE route = ?", (self.route,)),
            ("DELETE FROM event WHERE route = ?", (self.route,)),
        )

    def all_problems(self) -> tuple[str, ...]:
        """What is wrong at present, in words for the operator."""
        failures = dict.fromkeys(each.failure for each in self.journals.values() if each.failure)
        return (*self.problems.values(), *(f"events are not kept: {each}" for each in failures))


def slot_key(kind: str, target: object) -> str:
    """The name of an object's change slot."""
    return f"{kind} {target}"
