"""How far a client's own changes have come, so that its views can wait until they show them."""

from __future__ import annotations

import threading


class OwnWrites:
    """The newest state number among the replies to a connection's changes, with its epoch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = (0, 0)

    def note(self, epoch: int, number: int) -> None:
        """A change was answered at this point."""
        with self._lock:
            self._newest = max(self._newest, (epoch, number))

    @property
    def newest(self) -> tuple[int, int]:
        """Epoch and number; a view at or past it shows all changes made so far."""
        return self._newest
