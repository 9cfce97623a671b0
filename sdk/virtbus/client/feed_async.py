"""A subscription for asyncio; nothing is read while nobody waits, and the queue is zmq's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import zmq

from ..wire.sockets import Role
from . import sockets
from .endpoint import Endpoint
from .feed import FeedState, LinkChange, Update


class Feed:
    """One SUB socket; one task receives."""

    def __init__(self, endpoint: Endpoint, topics: Sequence[bytes]) -> None:
        self._loop = asyncio.get_running_loop()
        self._link = sockets.Link(Role.SUBSCRIBER, endpoint)
        for topic in topics:
            self._link.socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._state = FeedState()
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    async def receive(self, timeout_s: float) -> LinkChange | Update | None:
        """The next thing to know; None when there was none in time, or it was closed."""
        due_s = self._loop.time() + timeout_s
        while not self._closed:
            now_s = self._loop.time()
            item = sockets.next_update(self._link, self._state, now_s)
            if item is not None:
                return item
            left_s = due_s - now_s
            if left_s <= 0:
                return None
            await self._readable(self._state.patience_s(left_s))
        return None

    async def close(self) -> None:
        """End the subscription; who waits is woken."""
        if not self._closed:
            self._closed = True
            self._wake()
            for fd in (self._link.fd, self._link.monitor_fd):
                self._loop.remove_reader(fd)
            self._link.close()

    async def _readable(self, timeout_s: float) -> None:
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._wake)
        fds = (self._link.fd, self._link.monitor_fd)
        for fd in fds:
            self._loop.add_reader(fd, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
            if not self._closed:
                for fd in fds:
                    self._loop.remove_reader(fd)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
