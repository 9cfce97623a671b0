"""A short busy wait before sleeping, kept up only while it pays.

Waking a sleeping thread costs about as much as a local broker needs for an answer. Where it
comes within the bound, spinning saves that; where it does not (slow operation, busy machine),
the spin stops after a few losses and is only tried again now and then. Between two looks the
processor is offered to others: on a machine with few of them, zmq's own threads are those others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

BOUND_NS = 200_000
MAX_TRUST = 8
RETRY_AFTER = 64


class Spin:
    """Decides by its own record whether to spin: each win adds trust, each loss takes two."""

    __slots__ = ("_skipped", "_trust")

    def __init__(self) -> None:
        self._trust = MAX_TRUST
        self._skipped = 0

    def wait(self, ready: Callable[[], bool]) -> bool:
        """True as soon as `ready`, False when it is time to sleep."""
        if self._trust <= 0:
            self._skipped += 1
            if self._skipped < RETRY_AFTER:
                return False
            self._skipped = 0
        end_ns = time.perf_counter_ns() + BOUND_NS
        while time.perf_counter_ns() < end_ns:
            if ready():
                self._trust = min(MAX_TRUST, self._trust + 1)
                return True
            os.sched_yield()
        self._trust = max(0, self._trust - 2)
        return False
