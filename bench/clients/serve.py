"""What both client programs share: the request loop and timed parallel calls.

Standard library only, since the libvirt client runs under Debian's Python.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

now = time.perf_counter

CALL_LIMIT_S = 60.0
"""Longest wait for one parallel batch; past it the batch counts as failed."""


def serve(operations: Mapping[str, Callable[..., Any]]) -> None:
    """Answers requests from standard input until it ends.

    A request is `{"op": NAME, "args": {...}}`, an answer `{"value": ...}` or
    `{"error": TEXT}`; the traceback of an error goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            value = operations[request["op"]](**request["args"])
            answers.write(json.dumps({"value": value}) + "\n")
        except Exception as error:  # noqa: BLE001  # whoever asked decides what a failure means
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}"
            answers.write(json.dumps({"error": text[:500]}) + "\n")


class Background:
    """One call in its own thread, started at once; may outlive its caller's patience."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self.seconds: float | None = None
        self._call = call
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        start = now()
        try:
            self._call()
        except Exception as error:  # noqa: BLE001  # kept for whoever joins
            self.error = error
        self.seconds = now() - start

    def join(self, limit_s: float) -> bool:
        """True when the call has ended within `limit_s`."""
        self._thread.join(limit_s)
        return not self._thread.is_alive()


def parallel(calls: Sequence[Callable[[], object]]) -> float:
    """Seconds from letting all `calls` go at once to the end of the last.

    Raises the first error of any of them, TimeoutError after CALL_LIMIT_S.
    """
    gate = threading.Event()

    def gated(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            gate.wait()
            call()

        return run

    running = [Background(gated(call)) for call in calls]
    start = now()
    gate.set()
    for task in running:
        if not task.join(max(0.0, start + CALL_LIMIT_S - now())):
            raise TimeoutError(f"a parallel call did not end within {CALL_LIMIT_S:.0f} s")
    seconds = now() - start
    for task in running:
        if task.error is not None:
            raise task.error
    return seconds


def median_call_s(call: Callable[[], object], calls: int) -> float:
    """Median seconds of one call, after a tenth as many to warm up."""
    for _ in range(calls // 10):
        call()
    times = []
    for _ in range(calls):
        start = now()
        call()
        times.append(now() - start)
    return sorted(times)[calls // 2]


def calls_per_s(calls: Sequence[Callable[[], object]], seconds: float) -> float:
    """Calls per second of all `calls` together, each repeated by its own thread."""
    counts = [0] * len(calls)
    end = now() + seconds

    def repeat(index: int) -> Callable[[], object]:
        def run() -> None:
            while now() < end:
                calls[index]()
                counts[index] += 1

        return run

    wall_s = parallel([repeat(index) for index in range(len(calls))])
    return sum(counts) / wall_s


def bounded_probes(
    probes: Sequence[Callable[[], object]], rounds: int, limit_s: float
) -> list[float]:
    """Seconds of each probe, `rounds` times over; stops at the first that is blocked.

    A blocked one counts as `limit_s`, which is then the last value of the list.
    """
    times: list[float] = []
    for _ in range(rounds):
        for probe in probes:
            task = Background(probe)
            if not task.join(limit_s):
                return [*times, limit_s]
            if task.error is not None:
                raise task.error
            assert task.seconds is not None
            times.append(task.seconds)
    return times


class Arrivals:
    """When which event of which domain reached which subscriber."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], list[tuple[int, float]]] = {}
        self._enough: dict[tuple[str, str], int] = {}
        self._changed = threading.Condition()

    def add(self, domain: str, event: str, subscriber: int = 0) -> None:
        """Notes the event as having arrived just now; wakes who waits once there are enough."""
        at, key = now(), (domain, event)
        with self._changed:
            seen = self._seen.setdefault(key, [])
            seen.append((subscriber, at))
            if len(seen) >= self._enough.get(key, 1):
                self._changed.notify_all()

    def wait(self, domain: str, event: str, since: float, subscribers: int = 1) -> float:
        """When the last of `subscribers` different ones got the event after `since`.

        Raises TimeoutError after CALL_LIMIT_S.
        """
        key = (domain, event)

        def first_each() -> dict[int, float]:
            first: dict[int, float] = {}
            for subscriber, at in self._seen.get(key, []):
                first.setdefault(subscriber, at)
            return first

        with self._changed:
            self._enough[key] = subscribers
            self._seen[key] = [entry for entry in self._seen.get(key, []) if entry[1] >= since]
            if not self._changed.wait_for(lambda: len(first_each()) >= subscribers, CALL_LIMIT_S):
                got = len(first_each())
                raise TimeoutError(f"{event} of {domain} reached {got} of {subscribers}")
            return max(first_each().values())
