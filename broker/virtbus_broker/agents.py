"""Registration of agents, their presence, and what they publish."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from virtbus.errors import InvalidArgument, ProtocolMismatch, RouteTaken
from virtbus.wire.frames import (
    ID_BYTES,
    VERSION,
    AgentHello,
    AgentStatus,
    Header,
    decode_body,
    topic_of,
)

from . import access, answers
from .cache import Cache, Value
from .forwarding import Forwarding
from .peers import Agent, Delivery, Outlet, Part, Peer, bytes_of
from .routes import Routes, check_routes
from .snapshots import synced_values
from .status import Counters, agent_status

UNRESPONSIVE_HEARTBEATS = 3
RECENTLY_GONE = 32


class Agents:
    """The agents that are connected; each serves its routes until it is gone."""

    def __init__(
        self,
        outlet: Outlet,
        routes: Routes,
        cache: Cache,
        forwarding: Forwarding,
        counters: Counters,
        run_id: bytes,
    ) -> None:
        self._outlet = outlet
        self._routes = routes
        self._cache = cache
        self._forwarding = forwarding
        self._counters = counters
        self._run_id = run_id
        self._by_id: dict[bytes, Agent] = {}
        self.recently_gone: deque[AgentStatus] = deque(maxlen=RECENTLY_GONE)

    def connected(self) -> list[Agent]:
        """All of them, in order of registration."""
        return list(self._by_id.values())

    def hello(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Register an agent and welcome it; raises RouteTaken, InvalidArgument, ProtocolMismatch.

        The same run of an agent that says HELLO again on its connection is welcomed again, and
        keeps its requests; another run, or another connection, of the same agent takes over.
        """
        hello = _checked_hello(header, frames)
        for route in hello.routes:
            holder = self._routes.holder(route)
            if holder is not None and holder.lasting_id != header.id:
                raise RouteTaken(
                    f"{route} is served by {holder.hello.agent} (pid {holder.hello.pid}); "
                    "stop that one, or wait until it ends",
                    route=route,
                    holder=f"{holder.hello.agent} pid={holder.hello.pid}",
                )
        earlier = self._by_id.get(header.id)
        if earlier is not None and _is_same_run(earlier, peer, header, hello):
            self._outlet.send(peer, answers.welcome(self._run_id))
            return
        for replaced in (earlier, peer.agent):
            if replaced is not None and replaced.peer.agent is replaced:
                self.gone(replaced, "replaced by a new run")
        agent = Agent(peer, hello, header.id, header.epoch, _unix_ms())
        if self._outlet.send(peer, answers.welcome(self._run_id)) is not Delivery.SENT:
            self._counters.drop("welcome_undelivered")
            return
        peer.agent = self._by_id[header.id] = agent
        self._routes.claim(agent)
        self._tell(agent, "")

    def gone(self, agent: Agent, reason: str) -> None:
        """The agent has left: routes free, values dropped, its requests answered, all told."""
        agent.peer.agent = None
        self._by_id.pop(agent.lasting_id, None)
        self._routes.release(agent)
        agent.state, agent.since_ms = "absent", _unix_ms()
        self.recently_gone.append(agent_status(agent, self._cache))
        served = self._known_routes(agent)
        for route in served:
            self._cache.drop(route)
        self._forwarding.agent_gone(agent, reason)
        self._tell(agent, reason, served)

    def heard(self, agent: Agent) -> None:
        """Something has come from it since the last heartbeat."""
        agent.heard = True
        agent.missed_heartbeats = 0
        if agent.state == "unresponsive":
            agent.state, agent.since_ms = "present", _unix_ms()
            self._tell(agent, "answers again")

    def heartbeat(self) -> None:
        """PING each agent; one that was silent for three heartbeats is unresponsive."""
        for agent in self.connected():
            if not agent.heard:
                agent.missed_heartbeats += 1
                is_silent = agent.missed_heartbeats >= UNRESPONSIVE_HEARTBEATS
                if is_silent and agent.state == "present":
                    agent.state, agent.since_ms = "unresponsive", _unix_ms()
                    self._tell(agent, "silent for three heartbeats")
            agent.heard = False
            if self._outlet.send(agent.peer, answers.PING) is Delivery.UNREACHABLE:
                self.gone(agent, "connection lost")

    def publish(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Keep a value and hand it to the subscribers."""
        agent, route, key = peer.agent, header.route, header.name
        if agent is None or not agent.serves(route):
            self._counters.drop("publish_foreign_route")
            return
        body = frames[1] if len(frames) > 1 else b""
        if access.kind_of(key) == "*":
            self._counters.drop("publish_bad_key")
            return
        if key.startswith(("state/", "stats/")):
            value = Value(header.number, header.epoch, bytes_of(body))
            if not self._cache.store(route, key, value):
                self._counters.drop("cache_full")
        elif not key.startswith("event/"):
            self._counters.drop("publish_bad_key")
            return
        self._outlet.publish((topic_of(route, key), frames[0], body))

    def sync(self, peer: Peer, header: Header, frames: Sequence[Part]) -> None:
        """Put all states of a route's kind in place; raises ProtocolMismatch, InvalidArgument."""
        agent, route, prefix = peer.agent, header.route, header.name
        if agent is None or not agent.serves(route):
            self._counters.drop("publish_foreign_route")
            return
        kind = access.kind_of(prefix)
        if kind == "*" or prefix != f"state/{kind}/":
            raise ProtocolMismatch("SYNC is for the states of one kind: its name is state/KIND/")
        values = synced_values(frames)
        if not all(key.startswith(prefix) for key in values):
            raise ProtocolMismatch(f"SYNC holds a key that does not begin with {prefix}")
        if not self._cache.sync(route, prefix, header.epoch, header.number, values):
            self._counters.drop("cache_full")
        self._tell(agent, "synced", [route])

    def _known_routes(self, agent: Agent) -> list[str]:
        own = agent.hello.routes
        return [*own, *(r for r in self._cache.routes() if r not in own and agent.serves(r))]

    def _tell(self, agent: Agent, reason: str, routes: Sequence[str] | None = None) -> None:
        for route in self._known_routes(agent) if routes is None else routes:
            self._outlet.publish(answers.presence(route, agent.state, agent.since_ms, reason))


def _checked_hello(header: Header, frames: Sequence[Part]) -> AgentHello:
    if len(header.id) != ID_BYTES:
        reason = f"an agent's lasting id has {ID_BYTES} bytes"
        raise InvalidArgument(reason, field="id", reason=reason)
    hello = decode_body(bytes_of(frames[1]) if len(frames) > 1 else b"", AgentHello)
    if VERSION not in hello.versions:
        raise ProtocolMismatch(
            f"this broker speaks version {VERSION} of the protocol; use the agent of its release",
            versions=[str(VERSION)],
        )
    check_routes(hello.routes)
    return hello


def _is_same_run(earlier: Agent, peer: Peer, header: Header, hello: AgentHello) -> bool:
    return (
        earlier.peer is peer
        and earlier.epoch == header.epoch
        and earlier.hello.routes == hello.routes
    )


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
