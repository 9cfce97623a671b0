"""What is measured, written once for both managers over the calls each of them has.

Standard library only, since the libvirt client runs under Debian's Python.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from bench.clients.serve import (
    CALL_LIMIT_S,
    Arrivals,
    Background,
    bounded_probes,
    calls_per_s,
    median_call_s,
    now,
    parallel,
)

Call = Callable[[], object]
RETRY_S = 0.002

AT_ONCE = 16


class Client(ABC):
    """The measured operations, by name, on one main connection.

    A subclass says how each single call is made; connections and domains are
    whatever its library has.
    """

    not_ready: ClassVar[tuple[type[Exception], ...]]
    """What opening or listing raises while the manager is still starting."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.arrivals = Arrivals()
        self.connection: Any = None
        self._subscribers: list[Any] = []
        self._holding: list[Any] = []
        self._held: list[Background] = []

    # The calls of the library

    @abstractmethod
    def _open(self) -> Any:
        """A new connection."""

    @abstractmethod
    def _close(self, connection: Any) -> None:
        """Ends a connection."""

    @abstractmethod
    def _listen(self, connection: Any, subscriber: int) -> None:
        """Has lifecycle events added to `arrivals` under that number from now on."""

    @abstractmethod
    def _versions(self, connection: Any) -> dict[str, str]:
        """Versions of what is measured."""

    @abstractmethod
    def _define(self, connection: Any, document: str) -> None:
        """Defines a domain."""

    @abstractmethod
    def _count(self, connection: Any) -> int:
        """Lists all domains; how many there are."""

    @abstractmethod
    def _active(self, connection: Any) -> set[str]:
        """Names of the domains that run."""

    @abstractmethod
    def _statistics(self, connection: Any) -> int:
        """Asks fresh statistics of all running domains; how many were complete."""

    @abstractmethod
    def _lookup(self, connection: Any, name: str) -> Any:
        """The domain of that name."""

    @abstractmethod
    def _calls(self, domain: Any) -> dict[str, Call]:
        """Its start, destroy, undefine, suspend, resume, state, document, statistics."""

    @abstractmethod
    def _ask_monitor(self, domain: Any) -> Call:
        """A call that needs an answer of the guest's monitor."""

    @abstractmethod
    def _read(self, name: str) -> Call:
        """The read whose latency is compared."""

    # The operations

    def connect(self) -> dict[str, str]:
        """Opens the main connection as soon as the manager answers; versions."""
        self._reconnect()
        self._listen(self.connection, 0)
        return self._versions(self.connection)

    def first_list(self) -> int:
        """Returns once a list succeeds on a new connection; how many domains it has."""
        self._reconnect()
        return self._count(self.connection)

    def monitors_answer(self, names: list[str]) -> None:
        """Returns once the monitors of all named guests have answered."""
        self._reconnect()
        parallel([self._ask_monitor(self._domain(name)) for name in names])

    def define(self, documents: list[str]) -> float:
        """Seconds to define all, the better way of two that each take half of them.

        One after another, and AT_ONCE at a time; few are defined one after another.
        """
        half = len(documents) // 2 if len(documents) >= 4 * AT_ONCE else len(documents)
        start = now()
        for document in documents[:half]:
            self._define(self.connection, document)
        one_by_one = now() - start
        if half == len(documents):
            return one_by_one
        return 2 * min(one_by_one, self._define_at_once(documents[half:]))

    def _define_at_once(self, documents: list[str]) -> float:
        """Seconds to define all with AT_ONCE calls under way, each of a thread."""

        def define(share: list[str]) -> None:
            for document in share:
                self._define(self.connection, document)

        shares = [documents[number::AT_ONCE] for number in range(AT_ONCE)]
        return parallel([functools.partial(define, share) for share in shares])

    def undefine(self, names: list[str]) -> None:
        """Destroys those that run, then undefines all of them."""
        running = self._active(self.connection).intersection(names)
        if running:
            self.destroy(sorted(running))
        for name in names:
            self._call("undefine", name)()

    def start(self, names: list[str]) -> float:
        """Seconds to start all at once, one thread each, on one connection."""
        return parallel([self._call("start", name) for name in names])

    def destroy(self, names: list[str]) -> float:
        """Seconds to destroy all at once."""
        return parallel([self._call("destroy", name) for name in names])

    def suspend_event(self, name: str, subscribers: int = 1) -> float:
        """Seconds from the call of suspend to its event at the last of the subscribers.

        The guest runs again afterwards, and all have been told that.
        """
        suspend, resume = self._call("suspend", name), self._call("resume", name)
        start = now()
        suspend()
        seconds = self.arrivals.wait(name, "suspended", start, subscribers) - start
        resume()
        self.arrivals.wait(name, "resumed", start, subscribers)
        return seconds

    def fanout(self, name: str) -> float:
        """The same with all that `subscribe` has added."""
        return self.suspend_event(name, len(self._subscribers) + 1)

    def crash_event(self, name: str, pid: int) -> float:
        """Seconds from SIGKILL of the guest's QEMU to the event."""
        start = now()
        os.kill(pid, signal.SIGKILL)
        return self.arrivals.wait(name, "stopped", start) - start

    def subscribe(self, count: int) -> None:
        """Opens `count` more connections that each wait for lifecycle events."""
        for subscriber in range(1, count + 1):
            connection = self._open()
            self._subscribers.append(connection)
            self._listen(connection, subscriber)

    def unsubscribe(self) -> None:
        """Closes what `subscribe` opened."""
        for connection in self._subscribers:
            self._close(connection)
        self._subscribers.clear()

    def statistics(self, domains: int) -> float:
        """Seconds of one fresh reading of all statistics of the `domains` running guests."""
        return self._timed(lambda: self._statistics(self.connection), domains)

    def list_all(self, domains: int) -> float:
        """Seconds to list all domains, which must be `domains`."""
        return self._timed(lambda: self._count(self.connection), domains)

    def read_latency(self, name: str, calls: int) -> float:
        """Median seconds of one read."""
        return median_call_s(self._read(name), calls)

    def read_rate(self, name: str, clients: int, seconds: float) -> float:
        """Reads of the state per second: the best of `clients` threads, processes and tasks.

        Each has a connection of its own.
        """
        connections = [self._open() for _ in range(clients)]
        try:
            reads = [self._calls(self._lookup(each, name))["state"] for each in connections]
            by_threads = calls_per_s(reads, seconds)
        finally:
            for connection in connections:
                self._close(connection)
        by_processes = self._rate_of_processes(name, clients, seconds)
        return max(by_threads, by_processes, self._rate_of_tasks(name, clients, seconds))

    def _rate_of_tasks(self, name: str, clients: int, seconds: float) -> float:
        """Reads per second by `clients` tasks of an event loop; 0 where there are none."""
        return 0.0

    def hold(self, name: str, calls: int) -> None:
        """Leaves `calls` statistics calls on the named guest, each on its own connection."""
        for _ in range(calls):
            connection = self._open()
            self._holding.append(connection)
            domain = self._lookup(connection, name)
            self._held.append(Background(self._calls(domain)["statistics"]))

    def release(self) -> None:
        """Waits until the held calls have ended, however they ended."""
        for task in self._held:
            if not task.join(CALL_LIMIT_S):
                raise TimeoutError("a held call has not ended")
        for connection in self._holding:
            self._close(connection)
        self._held.clear()
        self._holding.clear()

    def probe(self, names: list[str], rounds: int, limit_s: float) -> list[float]:
        """Seconds of reads and changes on the named guests; see `bounded_probes`."""
        connection = self._open()
        kinds = ("state", "document", "suspend", "resume")
        domains = [self._calls(self._lookup(connection, name)) for name in names]
        probes = [calls[kind] for calls in domains for kind in kinds]
        times = bounded_probes(probes, rounds, limit_s)
        if times[-1] < limit_s:  # else a call still hangs on it; it ends with the held ones
            self._close(connection)
        return times

    # Parts of the above

    def _reconnect(self) -> None:
        if self.connection is not None:
            self._close(self.connection)
            self.connection = None
        self.connection = self._open_when_ready()

    def _open_when_ready(self) -> Any:
        end = now() + CALL_LIMIT_S
        while True:
            connection = None
            try:
                connection = self._open()
                self._count(connection)
                return connection
            except self.not_ready:
                if connection is not None:
                    self._close(connection)
                if now() > end:
                    raise
            time.sleep(RETRY_S)

    def _domain(self, name: str) -> Any:
        return self._lookup(self.connection, name)

    def _call(self, kind: str, name: str) -> Call:
        return self._calls(self._domain(name))[kind]

    @staticmethod
    def _timed(call: Callable[[], int], expected: int) -> float:
        start = now()
        count = call()
        seconds = now() - start
        if count != expected:
            raise RuntimeError(f"{count} domains answered, not {expected}")
        return seconds

    def _rate_of_processes(self, name: str, clients: int, seconds: float) -> float:
        context = multiprocessing.get_context("spawn")
        gate, counts = context.Barrier(clients), context.Queue()
        work = (type(self), self.uri, name, seconds, gate, counts)
        processes = [context.Process(target=_count_reads, args=work) for _ in range(clients)]
        for process in processes:
            process.start()
        total = sum(counts.get(timeout=CALL_LIMIT_S) for _ in processes)
        for process in processes:
            process.join(CALL_LIMIT_S)
        return float(total / seconds)


def _count_reads(
    kind: type[Client], uri: str, name: str, seconds: float, gate: Any, counts: Any
) -> None:
    client = kind(uri)
    client.connection = client._open()
    read = client._call("state", name)
    gate.wait(CALL_LIMIT_S)
    end, count = now() + seconds, 0
    while now() < end:
        read()
        count += 1
    counts.put(count)


def operations_of(client: Client) -> dict[str, Callable[..., Any]]:
    """What `serve` offers: the public methods."""
    names = [name for name in dir(client) if not name.startswith("_")]
    return {name: getattr(client, name) for name in names if callable(getattr(client, name))}
