"""The broker's XPUB sockets: publications out, subscriptions in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import zmq

from virtbus.wire.grants import READ_ONLY
from virtbus.wire.sockets import CurveKeys, Role, open_socket

from .doors import has_input
from .keys import Roles
from .peers import Part

BATCH = 64

OnSubscription = Callable[[str, bytes], bool]
OnSubscribed = Callable[[bytes], None]


class UpdatesSocket:
    """One XPUB. Over TCP each subscription is let through by hand (ZMQ_XPUB_MANUAL), by role."""

    def __init__(
        self,
        context: zmq.Context[Any],
        may_subscribe: OnSubscription,
        on_subscribed: OnSubscribed,
        *,
        curve: CurveKeys | None = None,
        roles: Roles | None = None,
    ) -> None:
        self.socket = open_socket(context, Role.BROKER_UPDATES, curve=curve)
        self._may_subscribe = may_subscribe
        self._on_subscribed = on_subscribed
        self._roles = roles
        if roles is None:
            self.socket.xpub_verbose = 1
        else:
            self.socket.setsockopt(zmq.XPUB_MANUAL, 1)

    def publish(self, frames: Sequence[Part]) -> None:
        """Hand topic, header and body to the subscribers; who does not read loses it."""
        send = self.socket.send
        topic, header, body = frames
        send(topic, zmq.SNDMORE | zmq.NOBLOCK, copy=type(topic) is bytes)
        send(header, zmq.SNDMORE | zmq.NOBLOCK, copy=type(header) is bytes)
        send(body, zmq.NOBLOCK, copy=type(body) is bytes)

    def drain(self) -> bool:
        """Act on at most a batch of subscriptions; True if there may be more."""
        for _ in range(BATCH):
            if not has_input(self.socket):
                return False
            frame = self.socket.recv(zmq.NOBLOCK, False)
            message = frame.bytes
            if message[:1] == b"\x01":
                self._subscribe(frame, message[1:])
            elif message[:1] == b"\x00" and self._roles is not None:
                self.socket.setsockopt(zmq.UNSUBSCRIBE, message[1:])
        return True

    def close(self) -> None:
        """End all connections."""
        self.socket.close(0)

    def _subscribe(self, frame: zmq.Frame, topic: bytes) -> None:
        grants = READ_ONLY
        if self._roles is not None:
            grants = self._roles.grants_of(str(frame.get("User-Id")))
        if self._may_subscribe(grants, topic):
            if self._roles is not None:
                self.socket.setsockopt(zmq.SUBSCRIBE, topic)
            self._on_subscribed(topic)
