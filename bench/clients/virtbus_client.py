"""virtbus's calls. Run by the environment that has `virtbus`.

Usage: python -m bench.clients.virtbus_client URI RUN_DIR
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any

import virtbus
from bench.clients.client import AT_ONCE, Call, Client, operations_of
from bench.clients.serve import CALL_LIMIT_S, now, serve
from virtbus.errors import VirtbusError
from virtbus.operations.event import DomainLifecycle


class VirtbusClient(Client):
    """The blocking SDK; subscriptions are read by one asyncio loop, as libvirt's are by its own."""

    not_ready = (VirtbusError,)

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._listeners: dict[int, list[Any]] = {}
        self._tasks: list[asyncio.Future[None]] = []

    def _open(self) -> Any:
        uri, run_dir = self.uri.split(" ", 1)
        return virtbus.connect(uri, endpoint=run_dir)

    def _close(self, connection: Any) -> None:
        for listener in self._listeners.pop(id(connection), []):
            self._in_loop(listener.close())
        connection.close()

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_LIMIT_S)

    def _listen(self, connection: Any, subscriber: int) -> None:
        listener = self._in_loop(self._subscribe(subscriber))
        self._listeners.setdefault(id(connection), []).append(listener)

    async def _subscribe(self, subscriber: int) -> Any:
        """A connection of its own, with a task that reads its events."""
        connection = await self._connect()
        stream = connection.events()
        await stream.start()

        async def read() -> None:
            async for event in stream:
                if isinstance(event, DomainLifecycle):
                    self.arrivals.add(event.name, event.change.value, subscriber)

        self._tasks.append(asyncio.ensure_future(read()))
        return connection

    def _define_at_once(self, documents: list[str]) -> float:
        """As in Client, by tasks of the event loop on one connection."""
        return float(self._in_loop(self._define_by_tasks(documents)))

    async def _define_by_tasks(self, documents: list[str]) -> float:
        left = iter(documents)
        async with await self._connect() as connection:

            async def define() -> None:
                for document in left:
                    await connection.define_domain(document)

            start = now()
            await asyncio.gather(*(define() for _ in range(AT_ONCE)))
            return now() - start

    def _rate_of_tasks(self, name: str, clients: int, seconds: float) -> float:
        return float(self._in_loop(self._read_by_tasks(name, clients, seconds)))

    async def _read_by_tasks(self, name: str, clients: int, seconds: float) -> float:
        connections = [await self._connect() for _ in range(clients)]
        domains = [await connection.lookup_domain(name=name) for connection in connections]
        end = now() + seconds

        async def read(domain: Any) -> int:
            count = 0
            while now() < end:
                await domain.get_state()
                count += 1
            return count

        total = sum(await asyncio.gather(*(read(domain) for domain in domains)))
        for connection in connections:
            await connection.close()
        return total / seconds

    async def _connect(self) -> Any:
        uri, run_dir = self.uri.split(" ", 1)
        return await virtbus.aio.connect(uri, endpoint=run_dir)

    def _versions(self, connection: Any) -> dict[str, str]:
        return {"virtbus": connection.get_agent_status().version}

    def _define(self, connection: Any, document: str) -> None:
        connection.define_domain(document)

    def _count(self, connection: Any) -> int:
        return len(connection.list_domains())

    def _active(self, connection: Any) -> set[str]:
        return {domain.name for domain in connection.list_domains(active=True)}

    def _statistics(self, connection: Any) -> int:
        return sum(record.complete for record in connection.get_all_domain_stats(active=True))

    def _lookup(self, connection: Any, name: str) -> Any:
        return connection.lookup_domain(name=name)

    def _calls(self, domain: Any) -> dict[str, Call]:
        return {
            "start": domain.start,
            "destroy": domain.destroy,
            "undefine": domain.undefine,
            "suspend": domain.suspend,
            "resume": domain.resume,
            "state": domain.get_state,
            "document": domain.get_xml,
            "statistics": domain.get_stats,
        }

    def _ask_monitor(self, domain: Any) -> Call:
        def ask() -> None:
            if not domain.get_stats().complete:
                raise RuntimeError(f"the monitor of {domain.name} did not answer")

        return ask

    def _read(self, name: str) -> Call:
        read: Call = self._domain(name).get_state
        return read

    def await_published(self, domains: int) -> None:
        """Returns once statistics of so many domains have been published."""
        end = now() + CALL_LIMIT_S
        while len(self.connection.published_stats()) != domains:
            if now() > end:
                raise TimeoutError(f"statistics of {domains} domains have not been published")
            time.sleep(0.1)

    def published_statistics(self, domains: int) -> float:
        """Seconds of one reading of all statistics from published state."""
        start = now()
        records = self.connection.published_stats()
        seconds = now() - start
        if len(records) != domains:
            raise RuntimeError(f"{len(records)} domains answered, not {domains}")
        return seconds


if __name__ == "__main__":
    serve(operations_of(VirtbusClient(" ".join(sys.argv[1:]))))
