"""Counters, and the answer to STATUS."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from virtbus.wire.frames import AgentStatus, BrokerStatus

from . import __version__
from .cache import Cache
from .peers import Agent, Delivery
from .pending import Pending

if TYPE_CHECKING:
    from .agents import Agents


class Counters:
    """What the broker counts: requests, and by reason what was dropped or refused."""

    def __init__(self) -> None:
        self.requests = 0
        self.dropped: Counter[str] = Counter()

    def drop(self, reason: str) -> None:
        """Count a message that was dropped."""
        self.dropped[reason] += 1

    def refuse(self, code: str) -> None:
        """Count a message that was answered with an error of that code."""
        self.dropped[f"refused_{code}"] += 1

    def undelivered(self, delivery: Delivery) -> None:
        """Count an answer that its peer could not be given."""
        self.dropped["peer_slow" if delivery is Delivery.FULL else "peer_gone"] += 1


def agent_status(agent: Agent, cache: Cache) -> AgentStatus:
    """One agent as it is now."""
    hello = agent.hello
    known = [cache.route(route) for route in cache.routes() if agent.serves(route)]
    return AgentStatus(
        agent=hello.agent,
        version=hello.version,
        pid=hello.pid,
        routes=hello.routes,
        state=agent.state,
        since_ms=agent.since_ms,
        in_flight=len(agent.in_flight),
        values=sum(len(values.values) for values in known if values is not None),
        operations=hello.operations,
    )


def broker_status(
    run_id: bytes,
    started_ms: int,
    agents: Agents,
    cache: Cache,
    pending: Pending,
    counters: Counters,
) -> BrokerStatus:
    """The body of the answer to STATUS."""
    streams = pending.streams
    return BrokerStatus(
        version=__version__,
        run_id=run_id.hex(),
        pid=os.getpid(),
        started_ms=started_ms,
        agents=tuple(agent_status(agent, cache) for agent in agents.connected()),
        requests=counters.requests,
        in_flight=len(pending) - streams,
        streams=streams,
        dropped=dict(counters.dropped),
        recently_gone=tuple(agents.recently_gone),
    )
