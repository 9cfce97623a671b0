"""What the broker does with each message: decisions only, no sockets and no clock.

`Broker.receive` takes a peer and its frames and never raises, whatever the frames are;
what is to be sent goes to the `Outlet`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from virtbus.errors import InvalidArgument, NotAllowed, ProtocolMismatch, VirtbusError
from virtbus.wire.frames import (
    ID_BYTES,
    MAX_FRAMES,
    VERSION,
    Header,
    Kind,
    decode_header,
    encode_body,
    encode_header,
    unpack,
)

from . import access, answers
from .agents import Agents
from .cache import Cache
from .forwarding import Forwarding
from .peers import AGENT_KINDS, CLIENT_KINDS, Delivery, Door, Outlet, Part, Peer, bytes_of
from .pending import Pending
from .routes import Routes
from .status import Counters, broker_status

Handler = Callable[[Peer, Header, Sequence[Part]], None]


class Broker:
    """Agents, requests, streams and last values of one run of the broker."""

    def __init__(self, outlet: Outlet, run_id: bytes, first_ticket: int, started_ms: int) -> None:
        self._outlet = outlet
        self._run_id = run_id
        self._started_ms = started_ms
        self._now_s = 0.0
        self.counters = Counters()
        self._cache = Cache()
        self._routes = Routes()
        self._pending = Pending(first_ticket)
        self._forwarding = Forwarding(outlet, self._routes, self._pending, self.counters)
        self._agents = Agents(
            outlet, self._routes, self._cache, self._forwarding, self.counters, run_id
        )
        self._handlers: dict[int, Handler] = {
            Kind.REQUEST: self._request,
            Kind.READ: self._read,
            Kind.SNAPSHOT: self._snapshot,
            Kind.STATUS: self._status,
            Kind.PING: self._ping,
            Kind.CANCEL: self._forwarding.from_client,
            Kind.DATA: self._either_way,
            Kind.CREDIT: self._either_way,
            Kind.END: self._either_way,
            Kind.REPLY: self._forwarding.outcome,
            Kind.ERROR: self._forwarding.outcome,
            Kind.PUBLISH: self._agents.publish,
            Kind.SYNC: self._agents.sync,
            Kind.PONG: self._pong,
        }

    def receive(self, peer: Peer, frames: Sequence[Part], now_s: float) -> None:
        """Act on one message of a peer; the frames are those behind the routing id."""
        self._now_s = now_s
        try:
            header = decode_header(bytes_of(frames[0]))
            if len(frames) > MAX_FRAMES:
                raise ProtocolMismatch(f"a message has at most {MAX_FRAMES} frames")
        except ProtocolMismatch as mismatch:
            self._malformed(peer, bytes_of(frames[0]), mismatch)
            return
        kind = header.kind
        if peer.agent is not None and not peer.agent.heard:
            self._agents.heard(peer.agent)
        if kind in CLIENT_KINDS or (kind in AGENT_KINDS and peer.agent is not None):
            handler = self._handlers.get(kind)
            if handler is not None:
                try:
                    handler(peer, header, frames)
                except VirtbusError as error:
                    self._refuse(peer, header.id, error)
                return
        self._agent_or_nothing(peer, header, frames)

    def disconnected(self, peer: Peer, now_s: float) -> None:
        """The peer's connection has ended: an agent is gone, a client's streams end."""
        self._now_s = now_s
        if peer.agent is not None:
            self._agents.gone(peer.agent, "connection lost")
        self._forwarding.client_gone(peer, now_s)

    def heartbeat(self, now_s: float) -> None:
        """To be called each heartbeat: PING agents, publish who is silent, forget what is late."""
        self._now_s = now_s
        self._agents.heartbeat()
        self._forwarding.sweep(now_s)

    def subscribed(self, grants: str, topic: bytes) -> bool:
        """A peer asks for a topic: whether it may have it. `greet` is to follow."""
        allowed = access.may_subscribe(grants, topic)
        if not allowed:
            self.counters.drop("subscription_not_allowed")
        return allowed

    def greet(self, topic: bytes) -> None:
        """Publish the welcome that a subscription to `welcome HEX` asks for."""
        if access.is_welcome(topic):
            self._outlet.publish(answers.welcome_topic(topic, self._run_id))

    def _agent_or_nothing(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        if header.kind == Kind.HELLO and peer.door is Door.READ_WRITE:
            try:
                self._agents.hello(peer, header, frames)
            except VirtbusError as error:
                self._refuse(peer, header.id, error)
        elif header.kind == Kind.BYE and peer.agent is not None:
            self._agents.gone(peer.agent, "bye")
        else:
            reason = f"a {_name_of(header.kind)} is not yours to send here"
            if header.kind in AGENT_KINDS:
                reason += ": the broker knows no agent behind this connection; send HELLO"
            elif header.kind == Kind.HELLO:
                reason += ": agents connect to the socket `requests`"
            self.counters.drop("kind_not_allowed")
            self._answer(peer, answers.error(header.id, ProtocolMismatch(reason)))

    def _malformed(self, peer: Peer, frame: bytes, mismatch: ProtocolMismatch) -> None:
        self.counters.drop("bad_header")
        try:
            values = unpack(frame)
        except ProtocolMismatch:
            return
        if not (isinstance(values, list) and len(values) >= 3 and type(values[0]) is int):
            return
        id = values[2]
        if isinstance(id, bytes) and len(id) == ID_BYTES and values[1] != Kind.ERROR:
            self._answer(peer, answers.error(id, mismatch))

    def _refuse(self, peer: Peer, id: bytes, error: VirtbusError) -> None:
        self.counters.refuse(error.code)
        self._answer(peer, answers.error(id, error))

    def _answer(self, peer: Peer, frames: Sequence[Part]) -> None:
        delivery = self._outlet.send(peer, frames)
        if delivery is not Delivery.SENT:
            self.counters.undelivered(delivery)

    def _request(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        self._forwarding.request(peer, header, frames, self._now_s)

    def _either_way(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        if peer.agent is not None and header.ticket:
            self._forwarding.from_agent(peer, header, frames)
        else:
            self._forwarding.from_client(peer, header, frames)

    def _read(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        route, key = header.route, header.name
        self._check_read(peer, route, key)
        value = self._cache.read(route, key)
        if value is not None:
            number, epoch, body = value.number, value.epoch, value.body
            reply = Header(VERSION, Kind.REPLY, header.id, number=number, epoch=epoch)
            self._answer(peer, (encode_header(reply), body))
            return
        self._forwarding.agent_for(route)
        self._absent(peer, header.id)

    def _snapshot(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        self._check_read(peer, header.route, header.name)
        self._forwarding.agent_for(header.route)
        if access.kind_of(header.name) == "*":
            reason = "a snapshot is of one kind: ask for a prefix such as state/domain/"
            raise InvalidArgument(reason, field="name", reason=reason)
        found = self._cache.snapshot(header.route, header.name)
        if found is None:
            self._absent(peer, header.id)
            return
        reply = Header(VERSION, Kind.REPLY, header.id, number=found.number, epoch=found.epoch)
        self._answer(peer, [encode_header(reply), *found.frames])

    def _absent(self, peer: Peer, id: bytes) -> None:
        self._answer(peer, [encode_header(Header(VERSION, Kind.REPLY, id, name="absent")), b""])

    @staticmethod
    def _check_read(peer: Peer, route: str, key: str) -> None:
        if not access.may_read(peer.grants, route, key):
            raise NotAllowed(
                f"your role ({peer.grants or 'nothing granted'}) may not read {key!r} of {route}; "
                "ask for read:KIND:ROUTE in the broker's roles file",
                operation="read",
                role=peer.grants,
            )

    def _status(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        if not peer.grants:
            raise NotAllowed("your role grants nothing", operation="status", role="")
        status = broker_status(
            self._run_id, self._started_ms, self._agents, self._cache, self._pending, self.counters
        )
        reply = Header(VERSION, Kind.REPLY, header.id)
        self._answer(peer, [encode_header(reply), encode_body(status)])

    def _ping(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        self._answer(peer, [encode_header(Header(VERSION, Kind.PONG, header.id))])

    def _pong(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Heard is all it says."""


def _name_of(kind: int) -> str:
    try:
        return Kind(kind).name
    except ValueError:
        return f"message of kind {kind}"
