"""A ZeroMQ socket on an asyncio loop: its FD is watched and drained, without zmq.asyncio.

The FD of a ZeroMQ socket is edge-triggered (zmq_getsockopt(3), ZMQ_FD): after every look at the
socket, what came meanwhile must be looked for again, or it is noticed only with the next edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import zmq
from zmq.utils.monitor import parse_monitor_message

_BATCH = 64

OnMessage = Callable[[list[bytes]], None]


class LoopSocket:
    """Calls `on_message` with each message received; must be made and used on the loop's thread."""

    def __init__(self, socket: zmq.Socket[bytes], on_message: OnMessage) -> None:
        self._socket = socket
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._fd = int(socket.get(zmq.FD))
        self._scheduled = False
        self._closed = False
        self._loop.add_reader(self._fd, self._drain)
        self._look_again()

    def send(self, frames: Sequence[bytes]) -> bool:
        """Hand a message over; False if the peer's queue is full or the link is down."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return False
        finally:
            self._look_again()
        return True

    def close(self, *, linger_ms: int = 0) -> None:
        """Stop watching and close the socket; what is unsent after `linger_ms` is dropped."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._fd)
            self._socket.close(linger_ms)

    def _look_again(self) -> None:
        if not self._scheduled and not self._closed:
            self._scheduled = True
            self._loop.call_soon(self._drain_later)

    def _drain_later(self) -> None:
        self._scheduled = False
        self._drain()

    def _drain(self) -> None:
        for _ in range(_BATCH):
            if self._closed:
                return
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._on_message(frames)
        self._look_again()


def watch_link(
    socket: zmq.Socket[bytes], on_up: Callable[[], None], on_down: Callable[[], None]
) -> LoopSocket:
    """Call `on_up` after each handshake and `on_down` after each loss of the socket's link.

    Returns the monitor, to be closed before the socket. Source: zmq_socket_monitor(3).
    """
    events = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
    monitor = socket.get_monitor_socket(events)

    def on_event(frames: list[bytes]) -> None:
        if parse_monitor_message(frames)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            on_up()
        else:
            on_down()

    return LoopSocket(monitor, on_event)
