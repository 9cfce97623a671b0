"""Cancelling blocking calls from another thread."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Self


class CancelToken:
    """Ends the calls made in its block, from any thread, a signal handler too.

        with CancelToken() as token:
            ...  # elsewhere: token.cancel()
            domain.start()  # raises Cancelled

    Once cancelled, it ends each further call made in its block too. With asyncio, cancel the task.
    """

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.cancelled = False
        self._outer: CancelToken | None = None
        self._lock = threading.RLock()  # a signal handler may cancel
        self._closed = False

    def cancel(self) -> None:
        """End what is under way in this token's block."""
        with self._lock:
            self.cancelled = True
            if not self._closed:
                os.eventfd_write(self.fd, 1)

    def __enter__(self) -> Self:
        self._outer = current_token()
        _local.token = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _local.token = self._outer
        with self._lock:
            self._closed = True
            os.close(self.fd)


_local = threading.local()


def current_token() -> CancelToken | None:
    """The token in whose block this thread is."""
    token: CancelToken | None = getattr(_local, "token", None)
    return token
