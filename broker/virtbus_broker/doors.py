"""The broker's ROUTER sockets: who is behind each connection, messages in and out, and its end.

A connection is known by its file descriptor: libzmq gives it with each message (ZMQ_SRCFD) and with
the event of its end (zmq_socket_monitor(3)), so that a killed peer is known at once.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable, Sequence
from typing import Any

import zmq

from virtbus.wire.grants import ALL, READ_ONLY
from virtbus.wire.sockets import CurveKeys, open_socket
from virtbus.wire.sockets import Role as SocketRole

from .keys import Roles
from .peers import Delivery, Door, Part, Peer

BATCH = 64
UNCOPIED_BYTES = 8192
ROUTING_ID_BYTES = 17

_EVENT = struct.Struct("=HI")

OnMessage = Callable[[Peer, Sequence[Part]], None]
OnGone = Callable[[Peer], None]


class DoorSocket:
    """One ROUTER, its monitor, and its peers."""

    def __init__(
        self,
        context: zmq.Context[Any],
        door: Door,
        on_message: OnMessage,
        on_gone: OnGone,
        on_nameless: Callable[[], None],
        *,
        curve: CurveKeys | None = None,
        roles: Roles | None = None,
    ) -> None:
        self.door = door
        self.socket = open_socket(context, SocketRole.BROKER_REQUESTS, curve=curve)
        self._on_message = on_message
        self._on_gone = on_gone
        self._on_nameless = on_nameless
        self._roles = roles or Roles()
        self._peers: dict[bytes, Peer] = {}
        self._by_fd: dict[int, set[Peer]] = {}
        endpoint = f"inproc://monitor-{door.value}-{id(self)}"
        self.socket.monitor(endpoint, zmq.EVENT_DISCONNECTED)
        self.monitor = context.socket(zmq.PAIR)
        self.monitor.linger = 0
        self.monitor.rcvhwm = 0  # a full monitor would stop libzmq's I/O thread
        self.monitor.connect(endpoint)

    def drain(self) -> bool:
        """Hand over at most a batch of messages; True if there may be more."""
        recv, peers = self.socket.recv, self._peers
        for _ in range(BATCH):
            try:
                frame = recv(zmq.NOBLOCK, False)
            except zmq.Again:
                return False
            peer = peers.get(frame.bytes) or self._meet(frame)
            parts: list[Part] = []
            while frame.more:
                frame = recv(zmq.NOBLOCK, False)
                parts.append(frame.bytes if len(frame) < UNCOPIED_BYTES else frame)
            if parts and peer is not None:
                self._on_message(peer, parts)
        return True

    def drain_monitor(self) -> None:
        """Tell of every connection that has ended."""
        while has_input(self.monitor):
            event, fd = _EVENT.unpack(self.monitor.recv_multipart()[0])
            if event == zmq.EVENT_DISCONNECTED:
                for peer in self._by_fd.pop(fd, ()):
                    self._forget(peer)

    def send(self, peer: Peer, frames: Sequence[Part]) -> Delivery:
        """Put a message into the peer's queue, without waiting."""
        send = self.socket.send
        try:
            send(peer.routing_id, zmq.SNDMORE | zmq.NOBLOCK)
        except zmq.Again:
            return Delivery.FULL
        except zmq.ZMQError as error:
            if error.errno == errno.EHOSTUNREACH:
                return Delivery.UNREACHABLE
            raise
        for part in frames[:-1]:
            send(part, zmq.SNDMORE | zmq.NOBLOCK, copy=type(part) is bytes)
        send(frames[-1], zmq.NOBLOCK, copy=type(frames[-1]) is bytes)
        return Delivery.SENT

    def close(self) -> None:
        """End all connections, and tell of each."""
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(0)
        for peer in list(self._peers.values()):
            self._forget(peer)
        self._by_fd.clear()

    def _meet(self, frame: zmq.Frame) -> Peer | None:
        """A new connection: what was known of its file descriptor is of one that has ended.

        None for an id that is not the protocol's: one that can be guessed could be taken over.
        """
        if len(frame) != ROUTING_ID_BYTES or frame.bytes[:1] != b"v":
            self._on_nameless()
            return None
        self.drain_monitor()
        fd = int(frame.get(zmq.SRCFD))
        peer = Peer(self.door, frame.bytes, *self._identity(frame))
        self._peers[peer.routing_id] = peer
        self._by_fd.setdefault(fd, set()).add(peer)
        return peer

    def _identity(self, frame: zmq.Frame) -> tuple[str, str]:
        if self.door is Door.REMOTE:
            key = str(frame.get("User-Id"))
            return self._roles.sender_of(key), self._roles.grants_of(key)
        uid, gid, pid = str(frame.get("Peer-Address")).rsplit(":", 3)[1:]
        grants = ALL if self.door is Door.READ_WRITE else READ_ONLY
        return f"uid={uid} gid={gid} pid={pid}", grants

    def _forget(self, peer: Peer) -> None:
        if self._peers.get(peer.routing_id) is peer:
            del self._peers[peer.routing_id]
        self._on_gone(peer)


def has_input(socket: zmq.Socket[bytes]) -> bool:
    """Whether a message can be received at once."""
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)
