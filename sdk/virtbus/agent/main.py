"""An agent's process: settings, logs, store, drivers, the link; from start to an orderly end."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import secrets
import signal
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from ..directories import Directories, own_directories
from ..errors import NoSuchAgent, VirtbusError
from ..wire.frames import AgentHello, Header, Kind, encode_body, encode_header
from .builtin import BuiltIn, ProcessFacts, Statistics
from .dispatch import Dispatcher, Route
from .driver import Driver, handlers_of, operations_of
from .host import Host
from .journal import Journal
from .link import Link
from .logs import Logger, get_log, set_up_logs
from .publish import feeds_of
from .settings import load_settings
from .store import Store

MAX_ROUTES = 100
CLOSE_S = 10.0


class AgentProcess:
    """One agent: its drivers by route, and all that they share."""

    def __init__(self, driver: type[Driver[Any]], where: Directories, settings: Any) -> None:
        self._driver_type = driver
        self._directories = where
        self._settings = settings
        self._log: Logger = get_log(agent=driver.name)
        self._routes: dict[str, Route] = {}
        self._drivers: list[Driver[Any]] = []
        self._opening: dict[str, asyncio.Task[Route]] = {}
        self._started_ms = time.time_ns() // 1_000_000
        self._version = _version_of(driver)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; on return everything is let go, and guests run on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        self._store = Store(self._store_path())
        self._agent_id, self._epoch = await _identity(self._store)
        journal = Journal(self._store)
        await journal.open()
        self._link = Link(
            self._directories.run,
            self._agent_id,
            self._epoch,
            self._log,
            hello=self._hello,
            on_registered=self._sync,
            on_message=self._take,
            on_lost=self._lost,
            on_room=self._catch_up,
        )
        self._dispatcher = Dispatcher(self._link, journal, self._log)
        try:
            for route in self._driver_type.routes:
                if not route.endswith("*"):
                    await self._open_route(route)
            gc.collect()
            gc.freeze()
            self._link.connect()
            await self._stopping.wait()
        finally:
            async with asyncio.timeout(CLOSE_S):
                await self._close()

    async def _close(self) -> None:
        self._log.info("stopping; guests run on")
        try:
            await self._dispatcher.close()
            for driver in self._drivers:
                await driver.close()
                await driver.host.end_tasks()
        finally:
            self._link.close()
            await self._store.close()

    def _store_path(self) -> Path | None:
        if not self._driver_type.keeps_store:
            return None
        return self._directories.state / f"{self._driver_type.name}.sqlite"

    async def _open_route(self, name: str) -> Route:
        host: Host[Any] = Host(
            route=name,
            version=self._version,
            settings=self._settings,
            directories=self._directories,
            store=self._store,
            feeds=feeds_of(name, self._epoch, self._link.send, self._link.answer),
            log=get_log(agent=self._driver_type.name, route=name),
        )
        for journal in host.journals.values():
            await journal.open()
        driver = self._driver_type(host)
        try:
            await driver.open()
        except BaseException:
            await driver.close()
            await host.end_tasks()
            if not self._driver_type.keeps_store:
                await host.forget_all()
            raise
        handlers = handlers_of(driver) | handlers_of(BuiltIn(host, self._facts()))
        if driver.domain_stats is not None:
            statistics = Statistics(driver)
            handlers |= handlers_of(statistics)
            if (interval_s := self._settings.stats_interval_s) > 0:
                host.spawn(statistics.publish_for_ever(interval_s), "published statistics")
        route = Route(host, handlers)
        self._routes[name] = route
        self._drivers.append(driver)
        return route

    def _facts(self) -> ProcessFacts:
        return ProcessFacts(
            agent=self._driver_type.name,
            version=self._version,
            epoch=self._epoch,
            started_ms=self._started_ms,
            running=lambda: len(self._dispatcher),
            cancel=self._dispatcher.cancel_id,
            operations=self._operations,
        )

    def _operations(self) -> tuple[str, ...]:
        return supported_operations(self._driver_type)

    def _hello(self) -> AgentHello:
        return AgentHello(
            agent=self._driver_type.name,
            version=self._version,
            pid=os.getpid(),
            routes=tuple(dict.fromkeys((*self._driver_type.routes, *self._routes))),
            operations=self._operations(),
        )

    def _sync(self) -> None:
        for route in self._routes.values():
            route.host.sync()

    def _catch_up(self) -> None:
        for route in self._routes.values():
            for feed in route.host.feeds.values():
                feed.catch_up()

    def _lost(self) -> None:
        self._dispatcher.link_lost()

    def _take(self, header: Header, body: bytes, data: list[bytes]) -> None:
        if header.kind == Kind.REQUEST:
            route = self._routes.get(header.route)
            if route is not None:
                self._dispatcher.request(route, header, body)
            else:
                self._open_and_request(header, body)
        elif header.kind == Kind.CANCEL:
            self._dispatcher.cancel(header.ticket)
        elif header.kind in (Kind.DATA, Kind.CREDIT, Kind.END):
            self._dispatcher.stream_message(header, data)

    def _open_and_request(self, header: Header, body: bytes) -> None:
        """A route asked for the first time: open its driver, then take the request."""
        arrived_s = asyncio.get_running_loop().time()
        opening = self._opening.get(header.route)
        if opening is None:
            opening = asyncio.get_running_loop().create_task(self._open_new_route(header.route))
            self._opening[header.route] = opening
            opening.add_done_callback(lambda _: self._opening.pop(header.route, None))

        def opened(task: asyncio.Task[Route]) -> None:
            if task.cancelled():
                return
            error = task.exception()
            if error is None:
                self._dispatcher.request(task.result(), header, body, arrived_s)
                return
            if not isinstance(error, VirtbusError):
                self._log.error("route cannot be opened", route=header.route, exc_info=error)
                error = NoSuchAgent(f"{header.route} cannot be opened", cause=str(error))
            reply = Header(version=1, kind=Kind.ERROR, ticket=header.ticket)
            self._link.answer([encode_header(reply), encode_body(error.to_body())])

        opening.add_done_callback(opened)

    async def _open_new_route(self, name: str) -> Route:
        served = any(
            route.endswith("*") and name.startswith(route[:-1])
            for route in self._driver_type.routes
        )
        if not served or len(self._routes) >= MAX_ROUTES:
            raise NoSuchAgent(f"the {self._driver_type.name}-agent does not serve {name}")
        route = await self._open_route(name)
        route.host.sync()
        return route


def supported_operations(driver: type[Driver[Any]]) -> tuple[str, ...]:
    """The names of all operations an agent of this driver answers, the runtime's own included."""
    found = operations_of(driver) | operations_of(BuiltIn)
    if driver.domain_stats is not None:
        found |= operations_of(Statistics)
    return tuple(sorted(found))


async def _identity(store: Store) -> tuple[bytes, int]:
    """The agent's lasting id, and this run's epoch."""
    rows = dict(await store.read("SELECT key, value FROM meta"))
    agent_id = rows.get("agent_id") or secrets.token_bytes(16)
    epoch = max(rows.get("epoch", 0) + 1, time.time_ns() // 1_000_000)
    sql = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
    await store.write((sql, ("agent_id", agent_id)), (sql, ("epoch", epoch)), durable=True)
    return agent_id, epoch


def _version_of(driver: type[Driver[Any]]) -> str:
    try:
        return metadata.version(f"virtbus-{driver.name}-agent")
    except metadata.PackageNotFoundError:
        return "unknown"


def run(driver: type[Driver[Any]]) -> None:
    """Run an agent: the whole of its `__main__`. Exits 0 after SIGTERM, 1 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog=f"virtbus-{driver.name}-agent",
        description=f"Serves {', '.join(driver.routes)} on the bus. Guests outlive this process.",
    )
    for key in Directories.__struct_fields__:
        parser.add_argument(f"--{key}-dir", type=Path, help=f"the {key} directory")
    options = parser.parse_args()
    chosen = {
        key: value
        for key in Directories.__struct_fields__
        if (value := getattr(options, f"{key}_dir")) is not None
    }
    where = msgspec.structs.replace(own_directories(), **chosen)
    try:
        file = where.config / f"{driver.name}-agent.toml"
        settings = load_settings(driver.settings_type, driver.name, file, os.environ)
        set_up_logs(settings)
        asyncio.run(_serve(driver, where, settings))
    except VirtbusError as error:
        sys.exit(f"virtbus-{driver.name}-agent: {error}")


async def _serve(driver: type[Driver[Any]], where: Directories, settings: Any) -> None:
    await AgentProcess(driver, where, settings).run()
