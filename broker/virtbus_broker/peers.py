"""Who is connected: peers, the doors they came through, and the agents among them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import zmq

from virtbus.wire.frames import AgentHello, Kind

Part = bytes | zmq.Frame
"""One frame of a message: large ones are passed on as they came, uncopied."""


def bytes_of(part: Part) -> bytes:
    """The bytes of a frame."""
    return part if isinstance(part, bytes) else part.bytes


class Door(enum.Enum):
    """The socket that a peer is connected to; decides what it may send."""

    READ_WRITE = "requests"
    READ_ONLY = "requests-ro"
    REMOTE = "tcp"


CLIENT_KINDS = frozenset(
    (
        Kind.REQUEST,
        Kind.CANCEL,
        Kind.READ,
        Kind.SNAPSHOT,
        Kind.DATA,
        Kind.CREDIT,
        Kind.END,
        Kind.PING,
        Kind.STATUS,
    )
)
AGENT_KINDS = frozenset((Kind.REPLY, Kind.ERROR, Kind.PUBLISH, Kind.SYNC, Kind.PONG, Kind.BYE))


class Delivery(enum.Enum):
    """What became of a message given to the outlet."""

    SENT = "sent"
    FULL = "full"
    UNREACHABLE = "unreachable"


class Outlet(Protocol):
    """Where the core's messages go; neither call ever waits."""

    def send(self, peer: Peer, frames: Sequence[Part]) -> Delivery:
        """Put a message into the peer's queue."""

    def publish(self, frames: Sequence[Part]) -> None:
        """Hand topic, header and body to all subscribers of the topic."""


@dataclass(slots=True, eq=False)
class Peer:
    """One connection: its routing id, and what the door says of who is behind it."""

    door: Door
    routing_id: bytes
    sender: str
    grants: str
    agent: Agent | None = None
    requests: dict[bytes, Request] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Agent:
    """One run of an agent, from its HELLO until it is gone."""

    peer: Peer
    hello: AgentHello
    lasting_id: bytes
    epoch: int
    since_ms: int
    heard: bool = True
    missed_heartbeats: int = 0
    state: str = "present"
    in_flight: dict[int, Request] = field(default_factory=dict)

    def serves(self, route: str) -> bool:
        """Whether the route is one of its own, by name or by a prefix ending in `*`."""
        routes = self.hello.routes
        return route in routes or any(
            served.endswith("*") and route.startswith(served[:-1]) for served in routes
        )


@dataclass(slots=True, eq=False)
class Request:
    """A request between its REQUEST and its outcome; a stream lives until its END."""

    ticket: int
    id: bytes
    client: Peer
    agent: Agent
    forget_at_s: float
    is_stream: bool = False
