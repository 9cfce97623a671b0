"""The operations that every agent has from the runtime, answered from what it published."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec

from ..errors import InvalidArgument, NoSuchDomain, Unsupported, VirtbusError
from ..operations import BY_REQUEST, agent, domain, event
from ..operations.records import DomainRecord, DomainStats
from ..wire.frames import pack
from .driver import Driver, handles
from .host import Host, current_call

_GRACE_S = 0.2


class Packed(msgspec.Struct, frozen=True):
    """A reply that is already in the form that travels."""

    body: bytes


class ProcessFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all routes of an agent process."""

    agent: str
    version: str
    epoch: int
    started_ms: int
    running: Callable[[], int]
    cancel: Callable[[str], bool]
    operations: Callable[[], tuple[str, ...]]


class BuiltIn:
    """Handlers for one route."""

    def __init__(self, host: Host[Any], facts: ProcessFacts) -> None:
        self._host = host
        self._facts = facts

    @handles(domain.Lookup)
    def lookup(self, request: domain.Lookup) -> DomainRecord:
        """Find a domain by name, UUID or id."""
        domains = self._host.domains
        given = [key for key in (request.name, request.uuid, request.id) if key is not None]
        if len(given) != 1:
            raise InvalidArgument(
                "give exactly one of name, uuid, id", field="name", reason="one is needed"
            )
        if request.name is not None:
            return domains.by_name(request.name)
        if request.uuid is not None:
            return domains.get(request.uuid)
        return domains.by_id(given[0] if isinstance(given[0], int) else -1)

    @handles(domain.ListDomains)
    def list_domains(self, request: domain.ListDomains) -> Packed:
        """The records that pass the filters, as they were packed for publication."""
        domains = self._host.domains
        chosen = sorted(
            (record for record in domains if _passes(record, request)),
            key=lambda record: record.name,
        )
        return Packed(_pack_list("domains", (domains.packed(record.uuid) for record in chosen)))

    @handles(domain.GetState)
    def get_state(self, request: domain.GetState) -> Any:
        """The state, from the record."""
        return _published(request, self._host.domains.get(request.domain))

    @handles(domain.GetRecord)
    def get_record(self, request: domain.GetRecord) -> Any:
        """The record."""
        return self._host.domains.get(request.domain)

    @handles(domain.GetAutostart)
    def get_autostart(self, request: domain.GetAutostart) -> Any:
        """The autostart flag, from the record."""
        return _published(request, self._host.domains.get(request.domain))

    @handles(event.Replay)
    async def replay(self, request: event.Replay) -> Packed:
        """Events from the kind's journal, as they were packed for publication."""
        journal = self._host.journals.get(request.kind)
        if journal is None:
            raise Unsupported(
                f"{self._host.route} tells no events of {request.kind!r}, only of "
                f"{', '.join(self._host.journals)}",
                operation="event.replay",
            )
        found = await journal.replay(request.after, request.limit)
        return Packed(_pack_list("events", found.events, newest=found.newest, lost=found.lost))

    @handles(agent.GetStatus)
    def get_status(self, request: agent.GetStatus) -> agent.AgentReport:
        """How the agent is."""
        domains, facts = self._host.domains, self._facts
        return agent.AgentReport(
            agent=facts.agent,
            version=facts.version,
            pid=os.getpid(),
            epoch=facts.epoch,
            started_ms=facts.started_ms,
            domains=len(domains),
            active_domains=sum(record.active for record in domains),
            running=facts.running(),
            events_kept=sum(each.kept for each in self._host.journals.values()),
            slots=self._host.slots.status(),
            problems=self._host.all_problems(),
            operations=facts.operations(),
        )

    @handles(agent.CancelRequest)
    def cancel_request(self, request: agent.CancelRequest) -> bool:
        """Cancel a request by its id."""
        return self._facts.cancel(request.request_id)


class Statistics:
    """Handlers and pacing for drivers that have `domain_stats`."""

    def __init__(self, driver: Driver[Any]) -> None:
        self._host: Host[Any] = driver.host
        assert driver.domain_stats is not None  # the caller looked
        self._ask = driver.domain_stats

    @handles(domain.GetStats)
    async def get_stats(self, request: domain.GetStats) -> DomainStats:
        """One domain's statistics, asked now."""
        self._host.domains.get(request.domain)
        return await self._ask(request.domain, _wait_s(5.0))

    @handles(domain.GetAllStats)
    async def get_all_stats(self, request: domain.GetAllStats) -> domain.StatsList:
        """All domains' statistics, asked at once."""
        chosen = [
            record
            for record in self._host.domains
            if request.active is None or record.active == request.active
        ]
        stats = await self._ask_all(chosen, _wait_s(request.wait_ms / 1000))
        for each in stats:
            self._host.domains.publish_stats(each)
        return domain.StatsList(domains=tuple(sorted(stats, key=lambda each: each.name)))

    async def publish_for_ever(self, interval_s: float) -> None:
        """Publish the statistics of the active domains, one round each interval."""
        while True:
            started = time.monotonic()
            active = [record for record in self._host.domains if record.active]
            for each in await self._ask_all(active, min(2.0, interval_s)):
                self._host.domains.publish_stats(each)
            await asyncio.sleep(max(interval_s - (time.monotonic() - started), interval_s / 2))

    async def _ask_all(self, records: list[DomainRecord], wait_s: float) -> list[DomainStats]:
        answers = await asyncio.gather(*(self._ask_one(record.uuid, wait_s) for record in records))
        return [answer for answer in answers if answer is not None]

    async def _ask_one(self, uuid: UUID, wait_s: float) -> DomainStats | None:
        try:
            async with asyncio.timeout(wait_s + _GRACE_S):
                return await self._ask(uuid, wait_s)
        except NoSuchDomain:
            return None  # undefined or gone since the list was made
        except (VirtbusError, TimeoutError) as error:
            self._host.log.warning("no statistics", domain=str(uuid), reason=repr(error))
            return None


def _wait_s(wait_s: float) -> float:
    """How long to wait for guests so that there is an answer within the request's deadline."""
    call = current_call.get()
    if call is None:
        return wait_s
    left_s = call.deadline - asyncio.get_running_loop().time()
    return max(0.0, min(wait_s, left_s - _GRACE_S))


def _passes(record: DomainRecord, request: domain.ListDomains) -> bool:
    return (
        (request.active is None or record.active == request.active)
        and (request.persistent is None or record.persistent == request.persistent)
        and (request.autostart is None or record.autostart == request.autostart)
        and (not request.states or record.state in request.states)
    )


def _published(request: Any, record: DomainRecord) -> Any:
    derive = BY_REQUEST[type(request)].published
    return derive(record) if derive is not None else record


def _pack_list(name: str, packed: Iterable[bytes], **others: int) -> bytes:
    """The MessagePack map `{name: [...], others}` around values that are packed already."""
    values = list(packed)
    head = bytes([0x81 + len(others), 0xA0 | len(name)]) + name.encode()
    tail = b"".join(pack(word) for pair in others.items() for word in pair)
    return head + b"\xdd" + len(values).to_bytes(4, "big") + b"".join(values) + tail
