"""A connection to one agent through a broker."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ...errors import VirtbusError
from ...operations.records import DomainStats
from ...uri import parse_uri
from ...wire.frames import BrokerStatus, Kind, split_index
from ..decode import decode_reply
from ..endpoint import find_endpoint
from ._connection_operations import ConnectionOperations
from ._shell import Channel

CONNECT_S = 5.0
ASK_S = 10.0


class Connection(ConnectionOperations):
    """What `connect` gives: the operations of a host and its domains; a context manager.

    It outlives broker and agent: a lost broker is connected to again, and calls in flight are
    asked again under their ids, so that none is executed twice.
    """

    @property
    def uri(self) -> str:
        """The route: the URI as the agent knows it."""
        return self.route

    async def published_stats(self, *, deadline_s: float | None = None) -> list[DomainStats]:
        """The statistics of all domains as last published, which asks no hypervisor."""
        reply = await self._channel.call(
            Kind.SNAPSHOT,
            deadline_s=self._or_default_s(deadline_s),
            route=self.route,
            name="stats/domain/",
        )
        values = split_index(reply.body, reply.data[0] if reply.data else b"").values()
        return [decode_reply(value, DomainStats, "published statistics") for value in values]

    async def status(self, *, deadline_s: float | None = None) -> BrokerStatus:
        """How the broker is, and which agents are there."""
        reply = await self._channel.call(Kind.STATUS, deadline_s=self._or_default_s(deadline_s))
        return decode_reply(reply.body, BrokerStatus, "status")

    async def ping(self, *, deadline_s: float | None = None) -> None:
        """Return when the broker has answered."""
        await self._channel.call(Kind.PING, deadline_s=self._or_default_s(deadline_s))

    async def close(self) -> None:
        """Take back what is in flight and close all that this connection has open."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _or_default_s(self, deadline_s: float | None) -> float:
        if deadline_s is not None:
            return deadline_s
        return ASK_S if self._deadline_s is None else self._deadline_s


async def connect(
    uri: str,
    *,
    endpoint: str | None = None,
    readonly: bool = False,
    deadline_s: float | None = None,
    connect_s: float = CONNECT_S,
) -> Connection:
    """Connect to the agent that serves `uri` (`qemu:///system`, `qemu+tcp://host/system`...).

    `endpoint` names the broker: its run directory or `tcp://host[:port]`; without it, it follows
    from the URI and the environment ($VIRTBUS_RUN_DIR). `deadline_s` takes the place of each
    operation's own default. On return the broker has answered; whether the agent is there is told
    by the first call. Raises InvalidArgument, and NotConnected after `connect_s`.
    """
    parsed = parse_uri(uri)
    place = find_endpoint(parsed, place=endpoint, readonly=readonly)
    connection = Connection(parsed, place, deadline_s)
    try:
        await connection.ping(deadline_s=connect_s)
    except VirtbusError:
        await connection.close()
        raise
    return connection


async def status(
    endpoint: str | None = None, *, readonly: bool = True, deadline_s: float = CONNECT_S
) -> BrokerStatus:
    """How a broker is, and which agents are there; asked through the read-only door."""
    place = find_endpoint(place=endpoint, readonly=readonly)
    channel = Channel(place)
    try:
        reply = await channel.call(Kind.STATUS, deadline_s=deadline_s)
    finally:
        await channel.close()
    return decode_reply(reply.body, BrokerStatus, "status")
