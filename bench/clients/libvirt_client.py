"""libvirt's side of each measurement. Run by Debian's Python, which has `libvirt`.

Usage: python3 -m bench.clients.libvirt_client URI
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import libvirt  # type: ignore[import-not-found]  # from Debian's python3-libvirt, without types
import libvirt_qemu  # type: ignore[import-not-found]  # the same package

from bench.clients.serve import (
    CALL_LIMIT_S,
    Arrivals,
    Background,
    bounded_probes,
    calls_per_s,
    median_call_s,
    now,
    parallel,
    serve,
)

EVENTS = {
    libvirt.VIR_DOMAIN_EVENT_STOPPED: "stopped",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: "suspended",
    libvirt.VIR_DOMAIN_EVENT_RESUMED: "resumed",
}


class LibvirtClient:
    """All operations on one main connection; those that need more open their own."""

    def __init__(self, uri: str) -> None:
        libvirt.registerErrorHandler(lambda context, error: None, None)
        libvirt.virEventRegisterDefaultImpl()
        threading.Thread(target=self._run_events, daemon=True).start()
        self.uri = uri
        self.arrivals = Arrivals()
        self.held: list[Background] = []
        self.subscribers: list[Any] = []
        self.connection: Any = None

    @staticmethod
    def _run_events() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    def _subscribe(self, connection: Any, subscriber: int) -> None:
        def arrived(_conn: Any, domain: Any, event: int, _detail: int, index: int) -> None:
            if event in EVENTS:
                self.arrivals.add(domain.name(), EVENTS[event], index)

        lifecycle = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        connection.domainEventRegisterAny(None, lifecycle, arrived, subscriber)

    def _domain(self, name: str) -> Any:
        return self.connection.lookupByName(name)

    def _open_when_ready(self) -> Any:
        end = now() + CALL_LIMIT_S
        while True:
            try:
                connection = libvirt.open(self.uri)
                connection.listAllDomains()
                return connection
            except libvirt.libvirtError:
                if now() > end:
                    raise
            threading.Event().wait(0.002)

    def connect(self) -> dict[str, str]:
        """Opens the main connection as soon as the daemon answers; its versions."""
        self.connection = self._open_when_ready()
        self._subscribe(self.connection, 0)
        return {
            "libvirt": _version(self.connection.getLibVersion()),
            "qemu": _version(self.connection.getVersion()),
        }

    def first_list(self) -> int:
        """Returns once a list succeeds on a new connection; how many domains it has."""
        self.connection = self._open_when_ready()
        return len(self.connection.listAllDomains())

    def monitors_answer(self, names: list[str]) -> None:
        """Returns once every named guest's monitor has answered."""
        self.connection = self._open_when_ready()

        def query(name: str) -> Callable[[], object]:
            domain = self._domain(name)
            return lambda: libvirt_qemu.qemuMonitorCommand(
                domain, '{"execute":"query-status"}', 0
            )

        parallel([query(name) for name in names])

    def define(self, documents: list[str]) -> float:
        """Seconds to define all, one after another."""
        start = now()
        for document in documents:
            self.connection.defineXML(document)
        return now() - start

    def undefine(self, names: list[str]) -> None:
        """Undefines all; they are inactive afterwards."""
        for name in names:
            domain = self._domain(name)
            if domain.isActive():
                domain.destroy()
            domain.undefine()

    def start(self, names: list[str]) -> float:
        """Seconds to start all at once, one thread each, on one connection."""
        return parallel([self._domain(name).create for name in names])

    def destroy(self, names: list[str]) -> float:
        """Seconds to destroy all at once."""
        return parallel([self._domain(name).destroy for name in names])

    def suspend_event(self, name: str) -> float:
        """Seconds from the call of suspend to its event; the guest runs again afterwards."""
        domain = self._domain(name)
        start = now()
        domain.suspend()
        seconds = self.arrivals.wait(name, "suspended", start) - start
        domain.resume()
        self.arrivals.wait(name, "resumed", start)
        return seconds

    def crash_event(self, name: str, pid: int) -> float:
        """Seconds from SIGKILL of the guest's QEMU to the event."""
        start = now()
        os.kill(pid, signal.SIGKILL)
        return self.arrivals.wait(name, "stopped", start) - start

    def subscribe(self, count: int) -> None:
        """Opens `count` more connections that each wait for lifecycle events."""
        for index in range(1, count + 1):
            connection = libvirt.open(self.uri)
            self._subscribe(connection, index)
            self.subscribers.append(connection)

    def unsubscribe(self) -> None:
        """Closes what `subscribe` opened."""
        for connection in self.subscribers:
            connection.close()
        self.subscribers.clear()

    def fanout(self, name: str) -> float:
        """Seconds from the call of suspend to its event at the last subscriber."""
        everyone = len(self.subscribers) + 1
        domain = self._domain(name)
        start = now()
        domain.suspend()
        seconds = self.arrivals.wait(name, "suspended", start, everyone) - start
        domain.resume()
        self.arrivals.wait(name, "resumed", start, everyone)
        return seconds

    def statistics(self, domains: int) -> float:
        """Seconds of one fresh reading of all statistics of the `domains` running guests."""
        start = now()
        records = self.connection.getAllDomainStats(
            0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
        )
        seconds = now() - start
        if len(records) != domains:
            raise RuntimeError(f"statistics of {len(records)} domains, not {domains}")
        return seconds

    def list_all(self, domains: int) -> float:
        """Seconds to list all domains, which must be `domains`."""
        start = now()
        found = self.connection.listAllDomains()
        seconds = now() - start
        if len(found) != domains:
            raise RuntimeError(f"{len(found)} domains listed, not {domains}")
        return seconds

    def read_latency(self, name: str, calls: int) -> float:
        """Median seconds of the no-op call (getLibVersion)."""
        return median_call_s(self.connection.getLibVersion, calls)

    def read_rate(self, name: str, clients: int, seconds: float) -> float:
        """dom.state calls per second; the better of `clients` threads and processes."""
        connections = [libvirt.open(self.uri) for _ in range(clients)]
        reads = [each.lookupByName(name).state for each in connections]
        by_threads = calls_per_s(reads, seconds)
        for connection in connections:
            connection.close()
        return max(by_threads, _rate_of_processes(self.uri, name, clients, seconds))

    def hold(self, name: str, calls: int) -> None:
        """Leaves `calls` statistics calls on the named guest, each on its own connection."""

        def stuck(connection: Any, domain: Any) -> Callable[[], object]:
            return lambda: connection.domainListGetStats([domain])

        for _ in range(calls):
            connection = libvirt.open(self.uri)
            domain = connection.lookupByName(name)
            self.held.append(Background(stuck(connection, domain)))
            self.subscribers.append(connection)

    def release(self) -> None:
        """Waits until the held calls have ended, however they ended."""
        for task in self.held:
            if not task.join(CALL_LIMIT_S):
                raise TimeoutError("a held call has not ended")
        self.held.clear()
        self.unsubscribe()

    def probe(self, names: list[str], rounds: int, limit_s: float) -> list[float]:
        """Seconds of reads and changes on the named guests; see `bounded_probes`."""
        calls: list[Callable[[], object]] = []
        connection = libvirt.open(self.uri)
        for name in names:
            domain = connection.lookupByName(name)
            calls += [domain.state, domain.XMLDesc, domain.suspend, domain.resume]
        return bounded_probes(calls, rounds, limit_s)


def _version(number: int) -> str:
    return f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"


def _count_reads(uri: str, name: str, seconds: float, gate: Any, counts: Any) -> None:
    state = libvirt.open(uri).lookupByName(name).state
    gate.wait(CALL_LIMIT_S)
    end, count = now() + seconds, 0
    while now() < end:
        state()
        count += 1
    counts.put(count)


def _rate_of_processes(uri: str, name: str, clients: int, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    gate, counts = context.Barrier(clients), context.Queue()
    processes = [
        context.Process(target=_count_reads, args=(uri, name, seconds, gate, counts))
        for _ in range(clients)
    ]
    for process in processes:
        process.start()
    total = sum(counts.get(timeout=CALL_LIMIT_S) for _ in processes)
    for process in processes:
        process.join(CALL_LIMIT_S)
    return float(total / seconds)


def main() -> None:
    """Serves the operations of one client until standard input ends."""
    client = LibvirtClient(sys.argv[1])
    names = [name for name in vars(LibvirtClient) if not name.startswith("_")]
    serve({name: getattr(client, name) for name in names})


if __name__ == "__main__":
    main()
