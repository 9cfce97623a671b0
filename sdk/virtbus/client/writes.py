"""How far a client's own changes have come, so that its views can wait until they show them."""

from __future__ import annotations

import threading


class OwnWrites:
    """Epoch and newest state number, by kind, among the replies to a connection's changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[int, int]] = {}

    def note(self, kind: str, epoch: int, number: int) -> None:
        """A change of an object of that kind was answered at this point."""
        with self._lock:
            self._newest[kind] = max(self.newest(kind), (epoch, number))

    def newest(self, kind: str) -> tuple[int, int]:
        """Epoch and number; a view of the kind at or past it shows all changes made so far."""
        return self._newest.get(kind, (0, 0))
