"""Asking: how a request becomes a message, and its answer a value."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TypeVar

from ...errors import InvalidArgument
from ...operations import Effect, Operation, Request, operation_of
from ...operations.records import RECORDS, DomainRecord
from ...uri import Uri
from ...wire.frames import Kind, encode_body
from ..call import Reply
from ..decode import decode_reply
from ..endpoint import Endpoint
from ..writes import OwnWrites
from ._shell import Channel, open_stream
from .console import Console
from .domain import Domain

R = TypeVar("R")

_LEAST_S = 0.001


class Caller:
    """A route at a broker, and the channel to it."""

    def __init__(self, uri: Uri, endpoint: Endpoint, deadline_s: float | None) -> None:
        self._uri = uri
        self._endpoint = endpoint
        self._deadline_s = deadline_s
        self._channel = Channel(endpoint)
        self._own_writes = OwnWrites()

    @property
    def route(self) -> str:
        """The URI as the agent knows it."""
        return self._uri.route

    @property
    def endpoint(self) -> Endpoint:
        """Where the broker is."""
        return self._endpoint

    @property
    def own_writes(self) -> OwnWrites:
        """How far the changes made over this connection have come."""
        return self._own_writes

    async def ask(self, kind: Kind, name: str, body: bytes = b"", *, deadline_s: float) -> Reply:
        """Send a message about this route, and give the answer as it came."""
        return await self._channel.call(
            kind, deadline_s=deadline_s, route=self._uri.route, name=name, body=body
        )

    async def call(self, request: Request[R], *, deadline_s: float | None = None) -> R:
        """Send a request of the catalogue and wait for its reply.

        `deadline_s` is for all of it; without it the connection's holds, else the operation's own.
        Raises what the operation declares, and any RetryError or OutcomeUnknown of
        `virtbus.errors`.
        """
        operation = operation_of(request)
        if operation.stream:
            raise InvalidArgument(
                f"{operation.name} opens a stream: use the method {operation.method}",
                field="request",
                reason="stream",
            )
        limit_s = self._limit_s(operation, deadline_s)
        if operation.published is not None:
            started_s = time.monotonic()
            target = getattr(request, operation.target)
            key = f"state/{operation.kind}/{target}"
            found = await self.ask(Kind.READ, key, deadline_s=limit_s)
            if found.name != "absent":
                record = decode_reply(found.body, RECORDS[operation.kind], operation.name)
                answer: R = operation.published(record)
                return answer
            limit_s = max(_LEAST_S, limit_s - (time.monotonic() - started_s))
        reply = await self.ask(
            Kind.REQUEST, operation.name, encode_body(request), deadline_s=limit_s
        )
        if operation.effect is not Effect.READ:
            self._own_writes.note(operation.kind, reply.epoch, reply.number)
        decoded: R = decode_reply(reply.body, operation.reply, operation.name)
        return decoded

    async def open_stream(
        self, request: Request[None], *, deadline_s: float | None = None
    ) -> Console:
        """Send a request that opens a stream; `deadline_s` is for the opening."""
        operation = operation_of(request)
        handle = await open_stream(
            self._channel,
            deadline_s=self._limit_s(operation, deadline_s),
            route=self._uri.route,
            name=operation.name,
            body=encode_body(request),
        )
        return Console(handle)

    def _limit_s(self, operation: Operation, deadline_s: float | None) -> float:
        if deadline_s is not None:
            return deadline_s
        return operation.deadline_s if self._deadline_s is None else self._deadline_s

    def domain_of(self, record: DomainRecord) -> Domain:
        """A domain of this connection, as an object."""
        return Domain(self, record)

    def domains_of(self, records: Iterable[DomainRecord]) -> list[Domain]:
        """Domains of this connection, as objects."""
        return [Domain(self, record) for record in records]
