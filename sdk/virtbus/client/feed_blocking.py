"""A subscription for threads; nothing is read while nobody waits, and the queue is zmq's own."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Sequence
from math import ceil

import zmq

from ..wire.sockets import Role
from . import sockets
from .endpoint import Endpoint
from .feed import FeedState, LinkChange, Update

MAX_SLEEP_S = 3600.0  # poll(2) counts in an int of ms


class Feed:
    """One SUB socket; one thread receives, any thread may close."""

    def __init__(self, endpoint: Endpoint, topics: Sequence[bytes]) -> None:
        self._link = sockets.Link(Role.SUBSCRIBER, endpoint)
        for topic in topics:
            self._link.socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._state = FeedState()
        self._lock = threading.Lock()  # held while the socket is in use, sleeping included
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing = False
        self._closed = False

    def receive(self, timeout_s: float) -> LinkChange | Update | None:
        """The next thing to know; None when there was none in time, or it was closed."""
        due_s = time.monotonic() + timeout_s
        with self._lock:
            while not self._closing:
                now_s = time.monotonic()
                item = sockets.next_update(self._link, self._state, now_s)
                if item is not None:
                    return item
                left_s = due_s - now_s
                if left_s <= 0:
                    return None
                self._sleep(self._state.patience_s(left_s))
        return None

    def close(self) -> None:
        """End the subscription; who waits is woken."""
        if self._closing:
            return
        self._closing = True
        os.eventfd_write(self._wake_fd, 1)
        with self._lock:
            if not self._closed:
                self._closed = True
                self._link.close()
                os.close(self._wake_fd)

    def _sleep(self, left_s: float) -> None:
        poll = select.poll()
        for fd in (self._link.fd, self._link.monitor_fd, self._wake_fd):
            poll.register(fd, select.POLLIN)
        poll.poll(ceil(min(left_s, MAX_SLEEP_S) * 1000))
