"""One stopped QEMU with calls stuck on it, and a killed manager, with 20 guests."""

from __future__ import annotations

import os
import signal
import time

from bench import guests
from bench.goals import at_most
from bench.manager import Manager
from bench.measure import percentile
from bench.row import Group, Row
from bench.rows.preparations import running

NAMES = guests.names("fault", 20)
STOPPED, *OTHERS = NAMES[:4]
STUCK_CALLS = 25
ROUNDS = 20
LIMIT_S = 5.0
"""A call that has not ended by then counts as blocked, with this as its time."""


def isolation_p99(manager: Manager) -> float:
    """p99 of reads and changes on healthy guests: with a stopped one, over without.

    240 calls (state, document, suspend, resume of three guests) on a connection
    of their own; 25 statistics calls wait on the stopped guest meanwhile. When a
    call is blocked, the factor is that of LIMIT_S, hence a lower bound.
    """
    healthy = percentile(manager.probe(OTHERS, ROUNDS, LIMIT_S), 99)
    (pid,) = manager.emulators([STOPPED])
    os.kill(pid, signal.SIGSTOP)
    try:
        manager.client.call("hold", name=STOPPED, calls=STUCK_CALLS)
        time.sleep(0.5)
        times = manager.probe(OTHERS, ROUNDS, LIMIT_S)
    finally:
        os.kill(pid, signal.SIGCONT)
        manager.client.call("release")
    blocked = times[-1] >= LIMIT_S
    return (LIMIT_S if blocked else percentile(times, 99)) / healthy


def adopt_20(manager: Manager) -> float:
    """Seconds from starting the killed manager anew until all 20 monitors have answered."""
    return manager.kill_to_monitors(NAMES)


GROUP = Group(
    "faults",
    running(NAMES),
    (
        Row(
            name="isolation_p99",
            what="p99 of calls on other guests while one is stopped with 25 calls stuck on it,"
            " over the healthy p99",
            unit="x",
            goal=at_most(2, "x"),
            measure=isolation_p99,
        ),
        Row(
            name="adopt_20",
            what="killed with 20 guests: restart until all monitors answer",
            unit="s",
            goal=at_most(0.5, "s"),
            measure=adopt_20,
        ),
    ),
)
