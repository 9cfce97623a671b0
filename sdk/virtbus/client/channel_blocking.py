"""The blocking shell around the session, for any number of threads.

Calls of one thread go over a socket of its own (`ThreadChannels`), so that threads do not wait for
each other. A single `Channel` may be shared all the same, as a console's reader and writer do: of
those who wait, one watches the socket and tells the others.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import weakref
from collections.abc import Callable, Iterator

from ..errors import NotConnected
from ..wire.frames import Kind
from ..wire.sockets import Role
from .call import Reply
from .cancel import CancelToken, current_token
from .core import Session
from .endpoint import Endpoint
from .sockets import Link
from .spin import Spin
from .stream import Stream

MAX_SLEEP_S = 3600.0  # poll(2) counts in an int of ms
_EVENTFD_FLAGS = os.EFD_NONBLOCK | os.EFD_CLOEXEC


class Channel:
    """One socket with its session."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._session = Session(endpoint.requests)
        self._link = Link(Role.CLIENT, endpoint)
        self._spin = Spin()
        self._turns = threading.Condition(threading.Lock())
        self._watched = False
        self._closed = False
        self._wake_fd = os.eventfd(0, _EVENTFD_FLAGS)
        self._stirred: dict[int, int] = {}
        self._watcher = select.epoll()
        for fd in (self._link.fd, self._link.monitor_fd, self._wake_fd):
            self._watcher.register(fd, select.EPOLLIN)

    def call(
        self,
        kind: Kind,
        *,
        deadline_s: float,
        route: str = "",
        name: str = "",
        body: bytes = b"",
        stream: bool = False,
    ) -> Reply:
        """Ask, and wait for the outcome until the deadline.

        KeyboardInterrupt, or the CancelToken in whose block this is called, takes it back.
        """
        with self._turns:
            self._check_open()
            call = self._session.open(
                kind,
                now_s=time.monotonic(),
                deadline_s=deadline_s,
                route=route,
                name=name,
                body=body,
                stream=stream,
            )
            try:
                if not self._wait(lambda: call.done, call.due_s, current_token()):
                    self._session.cancel(call)
                    self._flush()
            except BaseException:
                self._session.cancel(call)
                self._flush()
                raise
        return call.result()

    def put(self, message: list[bytes]) -> None:
        """Send a message about a stream."""
        with self._turns:
            self._session.put(message)
            self._step()
            self._tell()

    def end_stream(self, stream: Stream, reason: str) -> None:
        """Close a stream and tell the peer, unless it has ended already."""
        with self._turns:
            if not self._closed:
                self._session.end_stream(stream, reason)
                self._step()
                self._tell()

    def wait(self, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `ready`, which is asked whenever something came; False at the timeout."""
        with self._turns:
            return self._wait(ready, time.monotonic() + timeout_s, None)

    def close(self) -> None:
        """End all calls and streams, of whichever thread, and close the socket."""
        with self._turns:
            if self._closed:
                return
            list(self._session.close())
            self._flush()
            self._closed = True
            if self._watched:
                self._tell()
            else:
                self._release()

    def _check_open(self) -> None:
        if self._closed:
            raise NotConnected("this connection is closed", endpoint=self._session.place)

    # All below is called with `_turns` held

    def _wait(self, ready: Callable[[], bool], due_s: float, token: CancelToken | None) -> bool:
        """True when `ready`; False when it was cancelled or, for a stream, at `due_s`."""
        self._step()
        while not ready():
            left_s = due_s - time.monotonic()
            if left_s <= 0:
                self._session.expire(time.monotonic())
                self._flush()
                return ready()
            if self._closed or (token is not None and token.cancelled):
                return False
            if self._session.has_put_off:
                next_s = self._session.next_due_s() or due_s
                left_s = max(0.0, min(due_s, next_s) - time.monotonic())
            if self._watched:
                self._turns.wait(left_s)
            else:
                self._watch(left_s, token)
        return True

    def _watch(self, left_s: float, token: CancelToken | None) -> None:
        """Wait for something to come, for all who wait on this channel."""
        if not self._spin.wait(self._stirs):
            self._watched = True
            try:
                with self._let_others_in():
                    self._sleep(left_s, token)
            finally:
                self._watched = False
                if self._closed:
                    self._release()
        self._step()
        self._turns.notify_all()

    def _stirs(self) -> bool:
        return self._poll(0)

    def _sleep(self, left_s: float, token: CancelToken | None) -> None:
        if token is not None:
            self._watcher.register(token.fd, select.EPOLLIN)
        try:
            self._poll(min(left_s, MAX_SLEEP_S))
        finally:
            if token is not None:
                self._watcher.unregister(token.fd)

    def _poll(self, timeout_s: float) -> bool:
        """Note which descriptors stir, and take the wake-up calls among them."""
        self._stirred = dict(self._watcher.poll(timeout_s))
        if self._wake_fd in self._stirred:
            os.eventfd_read(self._wake_fd)
        return bool(self._stirred)

    @contextlib.contextmanager
    def _let_others_in(self) -> Iterator[None]:
        self._turns.release()
        try:
            yield
        finally:
            self._turns.acquire()

    def _step(self) -> None:
        """Take all that has come and send all that is in line, until neither is left."""
        session, link = self._session, self._link
        stirred, self._stirred = self._stirred, {}
        if link.monitor_fd in stirred or not session.linked:
            self._take_changes()
        self._flush()
        if link.fd in stirred:
            self._take_message()
        # A send or a receive may swallow the edge of the FD, so look before anybody sleeps on it.
        while not self._closed and link.readable():
            self._take_message()
            self._flush()

    def _take_changes(self) -> None:
        for up in self._link.changes():
            if up:
                self._session.link_up(time.monotonic())
            else:
                self._session.link_down()

    def _take_message(self) -> None:
        if (frames := self._link.receive()) is not None:
            self._session.receive(frames, time.monotonic())

    def _flush(self) -> None:
        session, link = self._session, self._link
        if self._closed:
            return
        while (message := session.next_message(time.monotonic())) is not None:
            if not link.send(message):
                return
            session.mark_sent()

    def _tell(self) -> None:
        """Wake whoever waits, to look again."""
        self._turns.notify_all()
        if self._watched:
            os.eventfd_write(self._wake_fd, 1)

    def _release(self) -> None:
        self._watcher.close()
        self._link.close()
        os.close(self._wake_fd)


class ThreadChannels:
    """A channel for each thread that asks for one; it is closed when its thread ends."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._local = threading.local()
        self._all: weakref.WeakSet[Channel] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def call(
        self,
        kind: Kind,
        *,
        deadline_s: float,
        route: str = "",
        name: str = "",
        body: bytes = b"",
    ) -> Reply:
        """Ask over the calling thread's channel; see `Channel.call`."""
        holder: _Holder | None = getattr(self._local, "holder", None)
        if holder is None:
            holder = self._open()
        return holder.channel.call(kind, deadline_s=deadline_s, route=route, name=name, body=body)

    def _open(self) -> _Holder:
        with self._lock:
            if self._closed:
                raise NotConnected("this connection is closed", endpoint=self.endpoint.requests)
            holder = _Holder(Channel(self.endpoint))
            self._all.add(holder.channel)
        self._local.holder = holder
        return holder

    def close(self) -> None:
        """Close the channels of all threads; their calls end as Cancelled."""
        with self._lock:
            self._closed = True
            channels = list(self._all)
        for channel in channels:
            channel.close()


class _Holder:
    """Closes a channel when the thread that it was kept for ends, or the interpreter does."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        weakref.finalize(self, channel.close)
