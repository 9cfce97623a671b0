"""Requests in flight and streams: tickets, bounds, and when they are forgotten."""

from __future__ import annotations

from .peers import Agent, Peer, Request

MAX_PER_CLIENT = 256
MAX_IN_FLIGHT = 100_000
MAX_DEADLINE_MS = 24 * 3600 * 1000
FORGET_AFTER_S = 5.0
GONE_CLIENT_S = 30.0


class Pending:
    """Every request that an agent owes an outcome, by ticket and by client and id.

    Tickets begin at a random number, so that those of an earlier run of the broker mean nothing.
    """

    def __init__(self, first_ticket: int) -> None:
        self._next = first_ticket
        self._by_ticket: dict[int, Request] = {}

    def __len__(self) -> int:
        return len(self._by_ticket)

    @property
    def streams(self) -> int:
        """How many of them are open streams."""
        return sum(1 for request in self._by_ticket.values() if request.is_stream)

    def has_room(self, client: Peer) -> bool:
        """Whether the client may have one more request in flight."""
        return len(client.requests) < MAX_PER_CLIENT and len(self._by_ticket) < MAX_IN_FLIGHT

    def open(
        self, client: Peer, id: bytes, agent: Agent, now_s: float, deadline_ms: int
    ) -> Request:
        """A new entry with its own ticket; the client must not have the id in flight."""
        ticket = self._next
        self._next = ticket + 1
        forget_at_s = now_s + min(deadline_ms, MAX_DEADLINE_MS) / 1000 + FORGET_AFTER_S
        request = Request(ticket, id, client, agent, forget_at_s)
        self._by_ticket[ticket] = client.requests[id] = agent.in_flight[ticket] = request
        return request

    def of_agent(self, agent: Agent, ticket: int) -> Request | None:
        """The entry that the ticket names, if it is this agent's."""
        return agent.in_flight.get(ticket)

    def close(self, request: Request) -> None:
        """Forget the entry."""
        self._by_ticket.pop(request.ticket, None)
        request.agent.in_flight.pop(request.ticket, None)
        if request.client.requests.get(request.id) is request:
            del request.client.requests[request.id]

    def client_gone(self, client: Peer, now_s: float) -> list[Request]:
        """Give the client's requests little time to find it back; returns its streams."""
        for request in client.requests.values():
            request.forget_at_s = min(request.forget_at_s, now_s + GONE_CLIENT_S)
        return [request for request in client.requests.values() if request.is_stream]

    def expire(self, now_s: float) -> list[Request]:
        """Forget what is past its time; returns what was forgotten. Streams do not expire."""
        late = [
            request
            for request in self._by_ticket.values()
            if request.forget_at_s <= now_s and not request.is_stream
        ]
        for request in late:
            self.close(request)
        return late
