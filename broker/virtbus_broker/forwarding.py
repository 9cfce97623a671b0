"""Requests to agents, outcomes to clients, and the streams between them."""

from __future__ import annotations

from collections.abc import Sequence

from virtbus.errors import AgentGone, InvalidArgument, NoSuchAgent, Overloaded
from virtbus.wire.frames import (
    ID_BYTES,
    MAX_DATA_BYTES,
    VERSION,
    Header,
    Kind,
    encode_header,
)

from . import answers
from .peers import Agent, Delivery, Outlet, Part, Peer, Request
from .pending import MAX_PER_CLIENT, Pending
from .routes import Routes
from .status import Counters

RETRY_AFTER_MS = 100
MAX_OWED_ENDS = 10_000


class Forwarding:
    """Between client and agent: a request has an id there and a ticket here."""

    def __init__(
        self, outlet: Outlet, routes: Routes, pending: Pending, counters: Counters
    ) -> None:
        self._outlet = outlet
        self._routes = routes
        self._pending = pending
        self._counters = counters
        self._owed: list[tuple[Peer, Sequence[Part]]] = []

    def agent_for(self, route: str) -> Agent:
        """Who serves the route; raises NoSuchAgent with the routes present."""
        agent = self._routes.find(route)
        if agent is None:
            present = self._routes.present()
            raise NoSuchAgent(
                f"no agent serves {route} now; present: {', '.join(present) or 'none'}",
                route=route,
                present=present,
            )
        return agent

    def request(self, client: Peer, header: Header, frames: Sequence[Part], now_s: float) -> None:
        """Pass a request on; raises NoSuchAgent, Overloaded, InvalidArgument."""
        if len(header.id) != ID_BYTES or header.number <= 0:
            reason = f"a request has an id of {ID_BYTES} bytes and a deadline of 1 ms or more"
            raise InvalidArgument(reason, field="number", reason=reason)
        agent = self.agent_for(header.route)
        earlier = client.requests.get(header.id)
        if earlier is not None:
            self._pending.close(earlier)
            if earlier.is_stream:
                self._end(earlier.agent.peer, answers.end_to_agent(earlier, "cancelled"))
        if not self._pending.has_room(client):
            raise Overloaded(
                f"{MAX_PER_CLIENT} requests of this client are in flight; wait for outcomes",
                retry_after_ms=RETRY_AFTER_MS,
            )
        request = self._pending.open(client, header.id, agent, now_s, header.number)
        stamped = Header(
            VERSION,
            Kind.REQUEST,
            header.id,
            header.route,
            header.name,
            header.number,
            request.ticket,
            client.sender,
            client.grants,
        )
        delivery = self._outlet.send(agent.peer, (encode_header(stamped), *frames[1:]))
        if delivery is Delivery.SENT:
            self._counters.requests += 1
            return
        self._pending.close(request)
        if delivery is Delivery.FULL:
            raise Overloaded(
                f"the agent of {header.route} does not take requests fast enough; ask again",
                retry_after_ms=RETRY_AFTER_MS,
            )
        raise NoSuchAgent(f"the agent of {header.route} has just left", route=header.route)

    def outcome(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Pass an agent's REPLY or ERROR on to the client."""
        request = self._of_agent(peer, header)
        if request is None:
            return
        opens = header.kind == Kind.REPLY and header.name == "stream"
        if opens:
            request.is_stream = True
        else:
            self._pending.close(request)
        delivery = self._outlet.send(request.client, _for_client(request, header, frames))
        if delivery is not Delivery.SENT:
            self._counters.undelivered(delivery)
            if opens:
                self._break(request, "client_gone", to_client=False)

    def from_agent(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Pass a stream's DATA, CREDIT or END on to the client."""
        request = self._of_agent(peer, header)
        if request is not None and not self._is_refused(request, header, frames):
            message = _for_client(request, header, frames)
            self._pass_on(request, header.kind, request.client, message)

    def from_client(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Pass a client's CANCEL, DATA, CREDIT or END on to the agent."""
        request = peer.requests.get(header.id)
        if request is None:
            self._counters.drop("unknown_id")
            return
        message = _for_agent(request, header, frames)
        if header.kind != Kind.CANCEL:
            if not self._is_refused(request, header, frames):
                self._pass_on(request, header.kind, request.agent.peer, message)
            return
        delivery = self._outlet.send(request.agent.peer, message)
        if delivery is not Delivery.SENT:
            self._counters.undelivered(delivery)

    def agent_gone(self, agent: Agent, reason: str) -> None:
        """Answer everything that the agent owed."""
        for request in list(agent.in_flight.values()):
            self._pending.close(request)
            if request.is_stream:
                self._end(request.client, answers.end_to_client(request, "agent_gone"))
                continue
            route = agent.hello.routes[0]
            error = AgentGone(
                f"the agent of {route} left ({reason}) with the request in flight; "
                "look at the object before asking again",
                route=route,
            )
            delivery = self._outlet.send(request.client, answers.error(request.id, error))
            if delivery is not Delivery.SENT:
                self._counters.undelivered(delivery)

    def client_gone(self, client: Peer, now_s: float) -> None:
        """End the client's streams; its requests wait a while for it to come back."""
        for request in self._pending.client_gone(client, now_s):
            self._break(request, "client_gone", to_client=False)
        self._owed = [owed for owed in self._owed if owed[0] is not client]

    def sweep(self, now_s: float) -> None:
        """Forget what is past its deadline, and deliver the ENDs that found a full queue."""
        for _ in self._pending.expire(now_s):
            self._counters.drop("expired")
        owed, self._owed = self._owed, []
        for peer, message in owed:
            self._end(peer, message)

    def _of_agent(self, peer: Peer, header: Header) -> Request | None:
        request = None
        if peer.agent is not None:
            request = self._pending.of_agent(peer.agent, header.ticket)
        if request is None:
            self._counters.drop("unknown_ticket")
        return request

    def _is_refused(self, request: Request, header: Header, frames: Sequence[Part]) -> bool:
        if not request.is_stream:
            self._counters.drop("no_stream")
            return True
        if header.kind == Kind.DATA and any(len(part) > MAX_DATA_BYTES for part in frames[1:]):
            self._counters.drop("data_too_large")
            self._break(request, "protocol_mismatch")
            return True
        return False

    def _pass_on(self, request: Request, kind: int, peer: Peer, message: Sequence[Part]) -> None:
        if kind == Kind.END:
            self._pending.close(request)
            self._end(peer, message)
            return
        delivery = self._outlet.send(peer, message)
        if delivery is not Delivery.SENT:
            self._counters.undelivered(delivery)
            self._break(request, "slow")

    def _break(self, request: Request, reason: str, *, to_client: bool = True) -> None:
        self._pending.close(request)
        self._end(request.agent.peer, answers.end_to_agent(request, reason))
        if to_client:
            self._end(request.client, answers.end_to_client(request, reason))

    def _end(self, peer: Peer, message: Sequence[Part]) -> None:
        if self._outlet.send(peer, message) is Delivery.FULL:
            self._owe(peer, message)

    def _owe(self, peer: Peer, message: Sequence[Part]) -> None:
        if len(self._owed) < MAX_OWED_ENDS:
            self._owed.append((peer, message))
        else:
            self._counters.drop("end_undelivered")


def _for_client(request: Request, header: Header, frames: Sequence[Part]) -> tuple[Part, ...]:
    forwarded = Header(
        VERSION,
        header.kind,
        request.id,
        name=header.name,
        number=header.number,
        epoch=header.epoch,
    )
    return (encode_header(forwarded), *frames[1:])


def _for_agent(request: Request, header: Header, frames: Sequence[Part]) -> tuple[Part, ...]:
    forwarded = Header(
        VERSION, header.kind, name=header.name, number=header.number, ticket=request.ticket
    )
    return (encode_header(forwarded), *frames[1:])
