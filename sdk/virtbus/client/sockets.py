"""The client's ZeroMQ context, its sockets with their link monitors."""

from __future__ import annotations

import os
import struct
import threading

import zmq

from ..wire.sockets import Role, open_socket
from . import feed
from .endpoint import Endpoint

Socket = zmq.Socket[bytes]

# Each thread of a blocking client has a socket of its own, and each socket a monitor.
MAX_SOCKETS = 65_535
_LINK_EVENTS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
_EVENT = struct.Struct("=hi")
# As plain numbers: zmq's enumerations cost more than the calls they are for.
_EVENTS = int(zmq.EVENTS)
_POLLIN = int(zmq.POLLIN)

_lock = threading.Lock()
_contexts: dict[int, zmq.Context[Socket]] = {}


def context() -> zmq.Context[Socket]:
    """This process's context; a forked child gets its own."""
    with _lock:
        found = _contexts.get(os.getpid())
        if found is None:
            found = _contexts[os.getpid()] = zmq.Context(io_threads=1)
            found.set(zmq.MAX_SOCKETS, MAX_SOCKETS)
        return found


class Link:
    """A connecting socket and the monitor that tells when its connection comes and goes."""

    def __init__(self, role: Role, endpoint: Endpoint) -> None:
        self.socket: Socket = open_socket(context(), role, curve=endpoint.curve)
        self.monitor: Socket = self.socket.get_monitor_socket(_LINK_EVENTS)
        self.monitor.linger = 0
        self.socket.connect(endpoint.updates if role is Role.SUBSCRIBER else endpoint.requests)
        self.fd = int(self.socket.fd)  # zmq's FDs are edge-triggered: drain, then wait
        self.monitor_fd = int(self.monitor.fd)

    def receive(self) -> list[bytes] | None:
        """The next message, None if there is none yet."""
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def send(self, message: list[bytes]) -> bool:
        """Hand over a message; False if the link is down or its queue is full."""
        try:
            self.socket.send_multipart(message, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def readable(self) -> bool:
        """Whether `receive` would give a message."""
        return bool(int(self.socket.getsockopt(_EVENTS)) & _POLLIN)

    def monitor_readable(self) -> bool:
        """Whether `changes` would give any."""
        return bool(int(self.monitor.getsockopt(_EVENTS)) & _POLLIN)

    def changes(self) -> list[bool]:
        """What the link did since last asked, in order: True for up, False for down."""
        seen: list[bool] = []
        while True:
            try:
                frames = self.monitor.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return seen
            event, _ = _EVENT.unpack(frames[0])
            seen.append(event == zmq.EVENT_HANDSHAKE_SUCCEEDED)

    def close(self) -> None:
        """Close both sockets at once; nothing is waited for."""
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(0)


def next_update(
    link: Link, state: feed.FeedState, now_s: float
) -> feed.LinkChange | feed.Update | None:
    """What a subscriber's link has to tell next, None if it has nothing now."""
    if link.monitor_readable():
        was_lost = False
        for up in link.changes():
            if up:
                state.link_up()
            else:
                was_lost = state.link_down() or was_lost
        if was_lost:
            return feed.LinkChange.LOST
    if state.must_ask(now_s):
        link.readable()  # lets zmq attach the new pipe, so that the welcome is asked for last
        if state.welcome_topic:
            link.socket.setsockopt(zmq.UNSUBSCRIBE, state.welcome_topic)
        link.socket.setsockopt(zmq.SUBSCRIBE, state.ask(now_s))
    while link.readable():
        frames = link.receive()
        if frames is not None and (item := state.receive(frames)) is not None:
            return item
    return state.empty()
