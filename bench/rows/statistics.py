"""Statistics of 50 running guests with two disks and a NIC each, and a guest's cost in memory."""

from __future__ import annotations

import os
import signal
import statistics
import time

from bench import guests
from bench.goals import at_most, at_most_times
from bench.manager import Manager
from bench.row import OURS, Group, Row
from bench.rows.preparations import running

NAMES = guests.names("stat", 50)
REPEATS = 5


def stats_fresh(manager: Manager) -> float:
    """Median milliseconds of one fresh reading of all, of 5."""
    return statistics.median(manager.statistics(len(NAMES)) for _ in range(REPEATS)) * 1e3


def stats_published(manager: Manager) -> float:
    """Milliseconds of one reading from published state.

    All guests' QEMU processes are stopped for its duration: had the answer
    needed any monitor, there would be none.
    """
    pids = manager.emulators(NAMES)
    manager.client.call("await_published", domains=len(NAMES))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        return manager.published_statistics(len(NAMES)) * 1e3
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)


def pss_guest(manager: Manager) -> float:
    """What each running guest adds to the memory of the process that drives it, in MiB."""
    return (manager.memory_kib("agent") - manager.idle_pss_kib) / len(NAMES) / 1024


GROUP = Group(
    "statistics",
    running(NAMES, devices=True),
    (
        Row(
            name="stats_fresh",
            what="statistics of 50 guests, asked fresh",
            unit="ms",
            goal=at_most_times(0.25),
            measure=stats_fresh,
        ),
        Row(
            name="stats_published",
            what="the same from published state, without QMP",
            unit="ms",
            goal=at_most(5, "ms"),
            measure=stats_published,
            managers=(OURS,),
        ),
        Row(
            name="pss_guest",
            what="memory (PSS) that each of 50 running guests adds",
            unit="MiB",
            goal=at_most(0.3, "MiB"),
            measure=pss_guest,
        ),
    ),
)
