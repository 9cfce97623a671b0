"""Work that a live view does on its own, and the notice that wakes who waits for it: threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .cancel import CancelToken

JOIN_S = 30.0


class Notice:
    """Something that changes; each ring wakes all who wait."""

    def __init__(self) -> None:
        self.count = 0
        self._turns = threading.Condition()

    def ring(self) -> None:
        """Tell that something has changed."""
        with self._turns:
            self.count += 1
            self._turns.notify_all()

    def wait(self, seen: int, timeout_s: float) -> bool:
        """Wait until `count` is no longer `seen`; False if that took too long."""
        with self._turns:
            return self._turns.wait_for(lambda: self.count != seen, timeout_s)


class Worker:
    """A daemon thread that ends with its owner."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._token = CancelToken()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._token:
            self._work()

    def stop(self) -> None:
        """Cancel the call it may be in and wait for its end; its owner has told it to end."""
        self._token.cancel()
        self._thread.join(JOIN_S)
