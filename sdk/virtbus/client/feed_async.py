"""A subscription for asyncio; nothing is read while nobody waits, and the queue is zmq's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import zmq

from ..wire.sockets import Role
from . import sockets
from .endpoint import Endpoint
from .feed import FeedState, LinkChange, Update

Item = LinkChange | Update


class Feed:
    """One SUB socket; one task receives."""

    def __init__(self, endpoint: Endpoint, topics: Sequence[bytes]) -> None:
        self._loop = asyncio.get_running_loop()
        self._link = sockets.Link(Role.SUBSCRIBER, endpoint)
        for topic in topics:
            self._link.socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._state = FeedState()
        self._closed = False
        self._waiter: asyncio.Future[Item | None] | None = None
        self._returned: Item | None = None
        self._watched = False

    async def receive(self, timeout_s: float) -> Item | None:
        """The next thing to know; None when there was none in time, or it was closed."""
        due_s = self._loop.time() + timeout_s
        while not self._closed:
            now_s = self._loop.time()
            item, self._returned = self._returned, None
            item = item or sockets.next_update(self._link, self._state, now_s)
            left_s = due_s - now_s
            if item is not None or left_s <= 0:
                return item
            if (item := await self._arrival(self._state.patience_s(left_s))) is not None:
                return item
        return None

    async def close(self) -> None:
        """End the subscription; who waits is woken."""
        if not self._closed:
            self._closed = True
            self._wake(None)
            self._unwatch()
            self._link.close()

    async def _arrival(self, timeout_s: float) -> Item | None:
        waiter: asyncio.Future[Item | None] = self._loop.create_future()
        self._waiter = waiter
        timer = self._loop.call_later(timeout_s, self._wake, None)
        self._watch()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._returned = waiter.result()  # for whoever asks next
            raise
        finally:
            timer.cancel()
            self._waiter = None

    def _watch(self) -> None:
        """Have the loop watch, from the first wait on until something comes that nobody awaits."""
        if not self._watched:
            self._watched = True
            for fd in (self._link.fd, self._link.monitor_fd):
                self._loop.add_reader(fd, self._on_readable)

    def _unwatch(self) -> None:
        if self._watched:
            self._watched = False
            for fd in (self._link.fd, self._link.monitor_fd):
                self._loop.remove_reader(fd)

    def _on_readable(self) -> None:
        if self._waiter is None or self._waiter.done():
            self._unwatch()
            return
        item = sockets.next_update(self._link, self._state, self._loop.time())
        if item is not None:
            self._wake(item)

    def _wake(self, item: Item | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(item)
