"""Events: how soon a subscriber hears of a crash or a change."""

from __future__ import annotations

import statistics
import time

from bench import floors, guests
from bench.goals import at_most, at_most_times
from bench.manager import Manager
from bench.row import Group, Row
from bench.rows.preparations import running

NAMES = guests.names("watch", 2)
SUSPENDED, CRASHED = NAMES
SUBSCRIBERS = 50
REPEATS = 10
FIRMWARE_S = 0.5
PAUSE_S = 0.02
"""Between two changes of one guest, so that the second does not meet the first's work."""


def suspend_event(manager: Manager) -> float:
    """Median milliseconds from the call to its event, of 10."""
    times = []
    for _ in range(REPEATS):
        times.append(manager.suspend_event(SUSPENDED))
        time.sleep(PAUSE_S)
    return statistics.median(times) * 1e3


def crash_event(manager: Manager) -> float:
    """Milliseconds from SIGKILL of the QEMU to the event; the guest is started again."""
    seconds = manager.crash_event(CRASHED)
    manager.start([CRASHED])
    time.sleep(FIRMWARE_S)
    return seconds * 1e3


def event_fanout(manager: Manager) -> float:
    """Median milliseconds from suspend to the last of 50 subscribers, of 10."""
    manager.client.call("subscribe", count=SUBSCRIBERS - 1)
    try:
        times = []
        for _ in range(REPEATS):
            times.append(manager.fanout(SUSPENDED))
            time.sleep(PAUSE_S)
        return statistics.median(times) * 1e3
    finally:
        manager.client.call("unsubscribe")


GROUP = Group(
    "watching",
    running(NAMES),
    (
        Row(
            name="suspend_event",
            what="suspend, call to its event at a subscriber",
            unit="ms",
            goal=at_most(3, "ms"),
            measure=suspend_event,
            references={
                "QMP round trip": lambda: floors.qmp_round_trip_s() * 1e3,
                "QMP stop by hand": lambda: floors.stop_by_hand_s() * 1e3,
            },
        ),
        Row(
            name="crash_event",
            what="SIGKILL of a QEMU to the event at a subscriber",
            unit="ms",
            goal=at_most(10, "ms"),
            measure=crash_event,
            runs=9,
        ),
        Row(
            name="event_fanout",
            what="an event to the last of 50 subscribers",
            unit="ms",
            goal=at_most_times(1),
            measure=event_fanout,
        ),
    ),
)
