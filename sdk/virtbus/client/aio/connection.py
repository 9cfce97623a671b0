"""A connection to one agent through a broker."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from weakref import WeakSet

from ...errors import VirtbusError
from ...operations.event import Event
from ...operations.records import DomainStats
from ...uri import Uri, parse_uri
from ...wire.frames import BrokerStatus, Kind, split_index
from ..decode import decode_reply
from ..endpoint import Endpoint, find_endpoint
from ._connection_operations import ConnectionOperations
from ._shell import Channel
from .events import EventStream
from .live import LiveDomains

CONNECT_S = 5.0
ASK_S = 10.0


class Connection(ConnectionOperations):
    """What `connect` gives: the operations of a host and its domains; a context manager.

    It outlives broker and agent: a lost broker is connected to again, and calls in flight are
    asked again under their ids, so that none is executed twice.
    """

    def __init__(self, uri: Uri, endpoint: Endpoint, deadline_s: float | None) -> None:
        super().__init__(uri, endpoint, deadline_s)
        self._opened: WeakSet[EventStream | LiveDomains] = WeakSet()

    @property
    def uri(self) -> str:
        """The route: the URI as the agent knows it."""
        return self.route

    async def published_stats(self, *, deadline_s: float | None = None) -> list[DomainStats]:
        """The statistics of all domains as last published, which asks no hypervisor.

        Where the broker has none, as shortly after the agent's start, the agent is asked.
        """
        limit_s = self._or_default_s(deadline_s)
        reply = await self.ask(Kind.SNAPSHOT, "stats/domain/", deadline_s=limit_s)
        if reply.name == "absent":
            return await self.get_all_domain_stats(deadline_s=deadline_s)
        values = split_index(reply.body, b"".join(reply.data)).values()
        return [decode_reply(value, DomainStats, "published statistics") for value in values]

    async def status(self, *, deadline_s: float | None = None) -> BrokerStatus:
        """How the broker is, and which agents are there."""
        reply = await self._channel.call(Kind.STATUS, deadline_s=self._or_default_s(deadline_s))
        return decode_reply(reply.body, BrokerStatus, "status")

    async def ping(self, *, deadline_s: float | None = None) -> None:
        """Return when the broker has answered."""
        await self._channel.call(Kind.PING, deadline_s=self._or_default_s(deadline_s))

    def events(
        self,
        *,
        after: int | None = None,
        kinds: Sequence[type[Event]] = (),
        timeout_s: float | None = None,
    ) -> EventStream:
        """The events of this route, to be iterated over; best as a context manager.

        `after` is the number of the last event already seen: those since then come first, from the
        agent's journal. `kinds` lets pass events of these classes only (`RouteChanged` and
        `EventsLost` always pass). The iteration ends when nothing came for `timeout_s`.
        """
        stream = EventStream(self, after=after, kinds=kinds, timeout_s=timeout_s)
        self._opened.add(stream)
        return stream

    async def live_domains(self, *, deadline_s: float | None = None) -> LiveDomains:
        """A view of all domains that keeps itself up to date; to be closed.

        On return it is loaded, or the agent is absent (`fresh` is False then). Raises NotConnected.
        """
        live = LiveDomains(self)
        self._opened.add(live)
        try:
            return await live.ready(timeout_s=self._or_default_s(deadline_s))
        except BaseException:
            await live.close()
            raise

    async def close(self) -> None:
        """Take back what is in flight and close all that this connection has open."""
        for opened in list(self._opened):
            await opened.close()
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
