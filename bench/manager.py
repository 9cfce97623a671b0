"""A manager under measurement: libvirt or virtbus, with its client and its processes.

Each method is one sample of one measurement and answers in seconds, unless its
name says otherwise. Both managers have the same ones; a lab (libvirt_lab.py,
virtbus_lab.py) adds how its processes are started and ended.
"""

from __future__ import annotations

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.lab.processes import Reaper, ServedClient, end_process, wait_gone
from bench.measure import descends_from, emulator_pids, pss_kib

GUEST_GONE_LIMIT_S = 20.0


class Manager(ABC):
    """What a row may ask of either manager."""

    label: str

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reaper = Reaper()
        self.images = root / "images"
        self.images.mkdir(parents=True, exist_ok=True)
        for log in root.glob("*.log"):
            log.unlink()  # an earlier run's
        self.idle_pss_kib = 0
        """Memory of the process that drives guests, before the group's guests exist."""
        self.defined: list[str] = []
        """Names the present group has defined, in order."""

    @property
    @abstractmethod
    def client(self) -> ServedClient:
        """The connected client program."""

    @abstractmethod
    def pid(self, role: str) -> int:
        """Pid of the process with that role: "broker" (the door) or "agent" (drives guests).

        For libvirt both are libvirtd.
        """

    @abstractmethod
    def launch(self) -> None:
        """Starts the process that drives guests, without waiting for it."""

    @abstractmethod
    def close(self) -> None:
        """Ends all processes of this lab."""

    def end_agent(self, how: signal.Signals) -> None:
        """Ends the process that drives guests; guests run on."""
        end_process(self.pid("agent"), how)

    def restart(self) -> None:
        """A fresh process in place of the present one; returns when it answers."""
        self.end_agent(signal.SIGTERM)
        self.launch()
        self.client.call("connect")

    def restart_to_list(self) -> float:
        """From launching the process anew to its first answered list."""
        self.end_agent(signal.SIGTERM)
        start = time.perf_counter()
        self.launch()
        count = self.client.call("first_list")
        seconds = time.perf_counter() - start
        if count != len(self.defined):
            raise ValueError(f"{count} domains after the restart, not {len(self.defined)}")
        self.client.call("connect")
        return seconds

    def kill_to_monitors(self, names: Sequence[str]) -> float:
        """After SIGKILL: from launching anew until all guests' monitors have answered."""
        self.end_agent(signal.SIGKILL)
        start = time.perf_counter()
        self.launch()
        self.client.call("monitors_answer", names=list(names))
        seconds = time.perf_counter() - start
        self.client.call("connect")
        return seconds

    def emulators(self, names: Sequence[str]) -> list[int]:
        """Pids of this manager's QEMU processes of the named guests, which must all be there."""
        pids = []
        for name in names:
            found = [pid for pid in emulator_pids(name) if descends_from(pid, self.reaper.pid)]
            if len(found) != 1:
                raise RuntimeError(f"{len(found)} QEMU processes are named {name}, not one")
            pids += found
        return pids

    def memory_kib(self, role: str) -> float:
        """PSS of the process with that role, in KiB."""
        return float(pss_kib(self.pid(role)))

    def define(self, documents: Sequence[str], names: Sequence[str]) -> float:
        """Time to define all, one after another on one connection."""
        seconds = float(self.client.call("define", documents=list(documents)))
        self.defined += names
        return seconds

    def undefine_all(self) -> None:
        """Ends and undefines all that `define` defined."""
        if self.defined:
            self.client.call("undefine", names=self.defined)
        self.defined = []

    def start(self, names: Sequence[str]) -> float:
        """Time to start all at once, from the call to the last return."""
        return float(self.client.call("start", names=list(names)))

    def start_some_at_a_time(self, names: Sequence[str], at_once: int = 4) -> None:
        """Starts all, a few at a time; not a measurement."""
        for first in range(0, len(names), at_once):
            self.start(names[first : first + at_once])

    def destroy(self, names: Sequence[str]) -> float:
        """Time from the call to its return with the QEMU processes gone.

        Pid file descriptors wait for the processes in threads of their own, so
        a process that outlives the call counts until its end.
        """
        pids = self.emulators(names)
        gone: list[float] = []

        def watch(pid: int) -> Callable[[], None]:
            def wait() -> None:
                wait_gone(pid, GUEST_GONE_LIMIT_S)
                gone.append(time.perf_counter())

            return wait

        watchers = [threading.Thread(target=watch(pid)) for pid in pids]
        for watcher in watchers:
            watcher.start()
        start = time.perf_counter()
        seconds = float(self.client.call("destroy", names=list(names)))
        for watcher in watchers:
            watcher.join()
        if len(gone) != len(pids):
            raise TimeoutError("a destroyed guest's process is still there")
        return max(seconds, *(at - start for at in gone))

    def suspend_event(self, name: str) -> float:
        """From the call of suspend to its event at a subscriber."""
        return float(self.client.call("suspend_event", name=name))

    def crash_event(self, name: str) -> float:
        """From SIGKILL of the guest's QEMU to the event at a subscriber."""
        (pid,) = self.emulators([name])
        return float(self.client.call("crash_event", name=name, pid=pid))

    def fanout(self, name: str) -> float:
        """From the call of suspend to its event at the last subscriber."""
        return float(self.client.call("fanout", name=name))

    def statistics(self, guests: int) -> float:
        """One fresh reading of all statistics of all running guests."""
        return float(self.client.call("statistics", domains=guests))

    def published_statistics(self, guests: int) -> float:
        """The same from published state; only virtbus has it."""
        return float(self.client.call("published_statistics", domains=guests))

    def list_all(self) -> float:
        """One list of all domains."""
        return float(self.client.call("list_all", domains=len(self.defined)))

    def read_latency(self, name: str, calls: int = 500) -> float:
        """Median of `calls` reads, one at a time."""
        return float(self.client.call("read_latency", name=name, calls=calls))

    def reads_per_s(self, name: str, clients: int, seconds: float = 1.0) -> float:
        """Reads per second of so many clients at once."""
        return float(self.client.call("read_rate", name=name, clients=clients, seconds=seconds))

    def probe(self, names: Sequence[str], rounds: int, limit_s: float) -> list[float]:
        """Times of reads and changes; the last is `limit_s` when one was blocked."""
        times = self.client.call("probe", names=list(names), rounds=rounds, limit_s=limit_s)
        return [float(value) for value in times]
