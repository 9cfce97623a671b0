"""Start and destroy, against QEMU spawned by hand and libvirt."""

from __future__ import annotations

import time

from bench import floors, guests
from bench.goals import at_most, at_most_times
from bench.manager import Manager
from bench.row import Group, Row
from bench.rows.preparations import defined

NAMES = guests.names("life", 20)
BY_HAND = "QEMU by hand"
FIRMWARE_S = 0.3
"""A guest just started is given this long before it is destroyed."""


def start_one(manager: Manager) -> float:
    """Milliseconds from the call until it returned with the guest running."""
    seconds = manager.start(NAMES[:1])
    manager.destroy(NAMES[:1])
    return seconds * 1e3


def start_20(manager: Manager) -> float:
    """Milliseconds from 20 calls at once until the last returned."""
    seconds = manager.start(NAMES)
    manager.destroy(NAMES)
    return seconds * 1e3


def destroy(manager: Manager) -> float:
    """Milliseconds from the call until it returned and the process was gone."""
    manager.start(NAMES[:1])
    time.sleep(FIRMWARE_S)
    return manager.destroy(NAMES[:1]) * 1e3


GROUP = Group(
    "lifecycle",
    defined(NAMES),
    (
        Row(
            name="start_one",
            what="start of one guest, call to running",
            unit="ms",
            goal=at_most_times(1.5),
            measure=start_one,
            peer=BY_HAND,
            references={BY_HAND: lambda: floors.start_by_hand_s() * 1e3},
            runs=9,
        ),
        Row(
            name="start_20",
            what="20 guests started at once, until all run",
            unit="ms",
            goal=at_most_times(1.3),
            measure=start_20,
            peer=BY_HAND,
            references={BY_HAND: lambda: floors.start_by_hand_s(20) * 1e3},
        ),
        Row(
            name="destroy",
            what="destroy, call to return with the process gone",
            unit="ms",
            goal=at_most(20, "ms"),
            measure=destroy,
            references={"SIGTERM by hand": lambda: floors.end_by_hand_s() * 1e3},
            runs=9,
        ),
    ),
)
