"""The asyncio shell around the session: one socket, watched by the loop and drained.

zmq.asyncio is not used: on this path it costs twice the time.
"""

from __future__ import annotations

import asyncio

from ..errors import NotConnected
from ..wire.frames import Kind
from ..wire.sockets import Role
from .call import Call, Reply
from .core import Session
from .endpoint import Endpoint
from .sockets import Link
from .stream import Stream

BATCH = 256


class Channel:
    """Calls and streams of one connection; belongs to the event loop it was made in."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._session = Session(endpoint.requests)
        self._link = Link(Role.CLIENT, endpoint)
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.Handle | None = None
        self._closed = False
        self._loop.add_reader(self._link.fd, self._on_readable)
        self._loop.add_reader(self._link.monitor_fd, self._on_monitor)
        self._on_monitor()

    async def call(
        self,
        kind: Kind,
        *,
        deadline_s: float,
        route: str = "",
        name: str = "",
        body: bytes = b"",
        stream: bool = False,
    ) -> Reply:
        """Ask, and wait for the outcome until the deadline; cancelling the task takes it back."""
        self._check_open()
        call = self._session.open(
            kind,
            now_s=self._loop.time(),
            deadline_s=deadline_s,
            route=route,
            name=name,
            body=body,
            stream=stream,
        )
        future: asyncio.Future[None] = self._loop.create_future()
        call.wake = lambda _: None if future.done() else future.set_result(None)
        self._flush()
        self._watch_deadline(call.due_s)
        try:
            await future
        except asyncio.CancelledError:
            self._take_back(call)
            raise
        return call.result()

    def _take_back(self, call: Call) -> None:
        if self._closed:
            return
        if call.reply is not None and call.reply.stream is not None:
            self._session.end_stream(call.reply.stream, "cancelled")
        self._session.cancel(call)
        self._flush()

    async def close(self) -> None:
        """End all calls and streams and close the socket."""
        if self._closed:
            return
        for ended in self._session.close():
            self._wake(ended)
        self._flush()
        self._closed = True
        for handle in (self._timer, self._turn):
            if handle is not None:
                handle.cancel()
        self._loop.remove_reader(self._link.fd)
        self._loop.remove_reader(self._link.monitor_fd)
        self._link.close()

    def put(self, message: list[bytes]) -> None:
        """Send a message about a stream."""
        self._session.put(message)
        self._flush()

    def end_stream(self, stream: Stream, reason: str) -> None:
        """Close a stream and tell the peer, unless it has ended already."""
        if not self._closed:
            self._session.end_stream(stream, reason)
            self._flush()

    def _check_open(self) -> None:
        if self._closed:
            raise NotConnected("this connection is closed", endpoint=self._session.place)

    def _flush(self) -> None:
        """Send what is in line; a send may swallow the FD's edge, so look for arrivals after it."""
        session, link = self._session, self._link
        if self._closed:
            return
        while (message := session.next_message(self._loop.time())) is not None:
            if not link.send(message):
                break
            session.mark_sent()
        if self._turn is None and link.readable():
            self._turn = self._loop.call_soon(self._on_turn)

    def _on_turn(self) -> None:
        self._turn = None
        self._on_readable()

    def _on_readable(self) -> None:
        session, link = self._session, self._link
        for _ in range(BATCH):
            frames = link.receive()
            if frames is None:
                break
            changed = session.receive(frames, self._loop.time())
            if changed is not None:
                self._wake(changed)
        self._flush()
        if session.has_put_off:
            self._watch_next()

    def _on_monitor(self) -> None:
        for up in self._link.changes():
            if up:
                self._session.link_up(self._loop.time())
            else:
                for stream in self._session.link_down():
                    stream.wake()
        self._flush()

    def _watch_deadline(self, due_s: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_at(due_s, self._on_deadline)
        elif due_s < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(due_s, self._on_deadline)

    def _on_deadline(self) -> None:
        self._timer = None
        for call in self._session.expire(self._loop.time()):
            self._wake(call)
        self._flush()
        self._watch_next()

    def _watch_next(self) -> None:
        due_s = self._session.next_due_s()
        if due_s is not None:
            self._watch_deadline(due_s)

    def _wake(self, changed: Call | Stream) -> None:
        if isinstance(changed, Stream):
            changed.wake()
        elif changed.wake is not None:
            changed.wake(changed)
