"""Reads: one at a time, and from many clients at once."""

from __future__ import annotations

from bench import floors, guests
from bench.goals import at_least_times, at_most_times
from bench.row import Group, Row
from bench.rows.preparations import running

NAME = guests.names("read", 1)[0]
CLIENTS = 16

GROUP = Group(
    "reads",
    running([NAME]),
    (
        Row(
            name="read_latency",
            what="a read of a domain's state; libvirt's no-op call",
            unit="us",
            goal=at_most_times(2),
            measure=lambda manager: manager.read_latency(NAME) * 1e6,
            references={"socket ping-pong": lambda: floors.socket_ping_pong_s() * 1e6},
            runs=9,
        ),
        Row(
            name="read_rate",
            what=f"reads of a state by {CLIENTS} threads, processes or tasks",
            unit="1/s",
            goal=at_least_times(1),
            measure=lambda manager: manager.reads_per_s(NAME, CLIENTS),
        ),
    ),
)
