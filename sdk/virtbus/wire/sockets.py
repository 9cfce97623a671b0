"""Every ZeroMQ socket of virtbus is made here, so that its options are set in one place.

Options (zmq_setsockopt(3)): LINGER 0 (closing never hangs), bounded HWMs (a slow peer loses its
own), MAXMSGSIZE (oversized frames end the connection), ZMTP heartbeats and TCP keepalive on CURVE
links (half-open ones end; a UNIX socket cannot be half-open, and a stopped peer must not lose it),
IMMEDIATE (nothing queues for a link that is down), ROUTER_MANDATORY (unreachable is an error),
ROUTER_HANDOVER (a reconnecting peer keeps its id), reconnect back-off, CURVE, ZAP_DOMAIN (each
handshake is asked for, and ZMTP before 3.0 is refused, whose peers can make libzmq abort).
"""

from __future__ import annotations

import enum
import os
import random

import msgspec
import zmq

from .frames import MAX_FRAME_BYTES

HEARTBEAT_MS = 2000
RECONNECT_MIN_MS = 20
RECONNECT_MAX_MS = 1000
PEER_QUEUE = 1000
UPDATES_QUEUE = 10_000
AGENT_QUEUE = 50_000
BACKLOG = 4096


class Role(enum.Enum):
    """What a socket is for; decides its type and the bounds of its queues."""

    CLIENT = (zmq.DEALER, PEER_QUEUE)
    AGENT = (zmq.DEALER, AGENT_QUEUE)
    SUBSCRIBER = (zmq.SUB, UPDATES_QUEUE)
    BROKER_REQUESTS = (zmq.ROUTER, PEER_QUEUE)
    BROKER_UPDATES = (zmq.XPUB, UPDATES_QUEUE)

    @property
    def binds(self) -> bool:
        """True for the broker's own sockets."""
        return self in (Role.BROKER_REQUESTS, Role.BROKER_UPDATES)


class CurveKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Z85 keys of one end; `server` is the broker's public key, set at the connecting end."""

    public: str
    secret: str
    server: str = ""


def open_socket(
    context: zmq.Context[zmq.Socket[bytes]], role: Role, *, curve: CurveKeys | None = None
) -> zmq.Socket[bytes]:
    """A socket with every option set, neither bound nor connected yet."""
    kind, queue = role.value
    socket = context.socket(kind)
    socket.linger = 0
    socket.sndhwm = socket.rcvhwm = queue
    socket.maxmsgsize = MAX_FRAME_BYTES
    if role.binds:
        socket.backlog = BACKLOG
        socket.zap_domain = b"virtbus"
    else:
        socket.immediate = 1
        socket.reconnect_ivl = RECONNECT_MIN_MS + random.randrange(RECONNECT_MIN_MS)  # noqa: S311  # jitter
        socket.reconnect_ivl_max = RECONNECT_MAX_MS
    if kind == zmq.ROUTER:
        socket.router_mandatory = 1
        socket.router_handover = 1
    if kind == zmq.DEALER:
        socket.routing_id = b"v" + os.urandom(16)
    if curve is not None:
        socket.heartbeat_ivl = HEARTBEAT_MS
        socket.heartbeat_timeout = 3 * HEARTBEAT_MS
        socket.heartbeat_ttl = 3 * HEARTBEAT_MS
        socket.tcp_keepalive = 1
        socket.curve_publickey = curve.public.encode()
        socket.curve_secretkey = curve.secret.encode()
        if role.binds:
            socket.curve_server = 1
        else:
            socket.curve_serverkey = curve.server.encode()
    return socket
