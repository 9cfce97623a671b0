"""Bookkeeping of guests for drivers that keep definitions: documents, records, lifecycle events."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import msgspec

from ..errors import AlreadyExists, InvalidDocument, InvalidState
from ..model.domain import Domain, format_domain, parse_domain
from ..model.engine.reader import MAX_BYTES
from ..operations.event import DomainLifecycle, Lifecycle
from ..operations.records import DomainRecord, State
from ..wire.frames import decode_body, encode_body
from .host import Host


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside a definition's document."""

    autostart: bool
    record: DomainRecord


class Guests:
    """The documents of one route's domains: what is defined, and what runs.

    A record is in `host.domains` for each; this class keeps the three in step with the store.
    """

    def __init__(self, host: Host[Any]) -> None:
        self._host = host
        self._texts: dict[UUID, str] = {}
        self._live: dict[UUID, Domain] = {}
        self._reserved: dict[str, UUID] = {}
        self._next_id = 1

    async def load(self) -> None:
        """Publish the kept definitions as shut off; their documents are parsed when needed."""
        for uuid, _, text, extra in await self._host.load_objects("domain"):
            kept = decode_body(extra, _Kept)
            self._texts[uuid] = text
            self._host.domains.put(msgspec.structs.replace(kept.record, autostart=kept.autostart))

    def defined(self, uuid: UUID) -> bool:
        """Whether there is a persistent definition."""
        return uuid in self._texts

    def definition(self, uuid: UUID) -> Domain:
        """A fresh copy of the definition's document; InvalidState if the domain has none."""
        text = self._texts.get(uuid)
        if text is None:
            record = self._host.domains.get(uuid)
            raise InvalidState(
                f"domain {record.name!r} is transient: it has no definition", state=""
            )
        return parse_domain(text)

    def live(self, uuid: UUID) -> Domain | None:
        """The running guest's document, if there is one."""
        return self._live.get(uuid)

    def active(self, uuid: UUID) -> DomainRecord:
        """The record of an active domain; raises NoSuchDomain, or InvalidState if it is off."""
        record = self._host.domains.get(uuid)
        if not record.active:
            raise InvalidState(
                f"domain {record.name!r} is not running; start it first", state=record.state
            )
        return record

    def in_state(self, uuid: UUID, state: State) -> DomainRecord:
        """The record of a domain in that active state; raises NoSuchDomain or InvalidState."""
        record = self.active(uuid)
        if record.state is not state:
            raise InvalidState(
                f"domain {record.name!r} is {record.state}, not {state}", state=record.state
            )
        return record

    def inactive(self, uuid: UUID) -> DomainRecord:
        """The record of an inactive domain; raises NoSuchDomain, or InvalidState if it runs."""
        record = self._host.domains.get(uuid)
        if record.active:
            raise InvalidState(
                f"domain {record.name!r} is {record.state}; shut it down first", state=record.state
            )
        return record

    def reserve(self, uuid: UUID, name: str) -> None:
        """Reserve a name for its UUID; raises AlreadyExists if either belongs to another domain."""
        domains = self._host.domains
        if uuid in domains and (other := domains.get(uuid).name) != name:
            raise _taken(name, f"the UUID {uuid} belongs to domain {other!r}")
        self.reserve_new(uuid, name)

    def reserve_new(self, uuid: UUID, name: str) -> None:
        """Reserve a name for a domain that may have another now; raises AlreadyExists."""
        holder = self._reserved.get(name) or self._host.domains.holder_of(name)
        if holder is not None and holder != uuid:
            raise _taken(name, f"domain {name!r} exists with UUID {holder}")
        self._reserved[name] = uuid

    def release(self, name: str) -> None:
        """Let go of a reserved name."""
        self._reserved.pop(name, None)

    async def keep(self, document: Domain, *, autostart: bool) -> None:
        """Write a definition to the store, and take it over once it is on disk."""
        await self._host.to_its_end(self._keep(document, autostart=autostart))

    async def _keep(self, document: Domain, *, autostart: bool) -> None:
        record = record_of(document, autostart=autostart)
        text = format_domain(document, inactive=True, with_secrets=True)
        if len(text.encode()) > MAX_BYTES:
            reason = f"completed, it is larger than {MAX_BYTES} bytes"
            raise InvalidDocument(f"the document: {reason}", line=0, element="", reason=reason)
        extra = encode_body(_Kept(autostart=autostart, record=record))
        await self._host.keep_object("domain", record.uuid, record.name, text, extra)
        self._texts[record.uuid] = text
        if record.uuid in self._host.domains:
            now = self._host.domains.get(record.uuid)
            if now.active:
                record = msgspec.structs.replace(now, persistent=True, autostart=autostart)
            else:
                record = msgspec.structs.replace(
                    record, state=now.state, reason=now.reason, since_ms=now.since_ms
                )
        self._host.domains.put(record)

    async def forget(self, uuid: UUID) -> None:
        """Remove a definition; an active domain becomes transient, an inactive one is gone."""
        await self._host.to_its_end(self._forget(uuid))

    async def _forget(self, uuid: UUID) -> None:
        await self._host.forget_object("domain", uuid)
        self._texts.pop(uuid, None)
        record = self._host.domains.get(uuid)
        if record.active:
            self._host.domains.put(
                msgspec.structs.replace(record, persistent=False, autostart=False)
            )
        else:
            self._host.domains.remove(uuid)

    def new_id(self) -> int:
        """A runtime id not used before."""
        self._next_id += 1
        return self._next_id - 1

    def adopted(self, document: Domain, state: State, reason: str, since_ms: int) -> None:
        """Take a guest over that was found running; `document` is its live one with its id."""
        uuid = UUID(document.uuid)
        self._live[uuid] = document
        self._next_id = max(self._next_id, (document.id or 0) + 1)
        known = self._host.domains.get(uuid) if uuid in self._host.domains else None
        record = record_of(document, autostart=known.autostart if known else False)
        self._host.domains.put(
            msgspec.structs.replace(
                record,
                state=state,
                reason=reason,
                persistent=self.defined(uuid),
                id=document.id or 0,
                since_ms=since_ms,
            )
        )

    def started(self, document: Domain, *, paused: bool) -> DomainRecord:
        """A guest runs now with this live document: publish it and tell."""
        state, reason = (State.PAUSED, "starting up") if paused else (State.RUNNING, "booted")
        self.adopted(document, state, reason, now_ms())
        uuid = UUID(document.uuid)
        self.tell(uuid, Lifecycle.STARTED, "booted")
        if paused:
            self.tell(uuid, Lifecycle.SUSPENDED, "paused")
        return self._host.domains.get(uuid)

    def change(
        self,
        uuid: UUID,
        state: State,
        reason: str,
        change: Lifecycle | None,
        detail: str,
        *,
        late: bool = False,
    ) -> None:
        """Publish another state of an active domain, and the event if there is one to tell."""
        record = self._host.domains.get(uuid)
        if (record.state, record.reason) == (state, reason):
            return
        self._host.domains.put(
            msgspec.structs.replace(record, state=state, reason=reason, since_ms=now_ms())
        )
        if change is not None:
            self.tell(uuid, change, detail, late=late)

    def stopped(self, uuid: UUID, reason: str, detail: str, *, late: bool = False) -> None:
        """The guest is gone: publish and tell; a transient domain is gone with it."""
        record = self._host.domains.get(uuid)
        self._live.pop(uuid, None)
        if self.defined(uuid):
            off = record_of(self.definition(uuid), autostart=record.autostart)
            self._host.domains.put(
                msgspec.structs.replace(off, state=State.SHUTOFF, reason=reason, since_ms=now_ms())
            )
            self.tell(uuid, Lifecycle.STOPPED, detail, late=late)
        else:
            self.tell(uuid, Lifecycle.STOPPED, detail, late=late)
            self._host.domains.remove(uuid)

    def tell(
        self, uuid: UUID, change: Lifecycle, detail: str, *, name: str = "", late: bool = False
    ) -> None:
        """Emit a lifecycle event; `name` is needed for a domain that is gone or renamed."""
        name = name or self._host.domains.get(uuid).name
        self._host.emit(
            DomainLifecycle(uuid=uuid, name=name, change=change, detail=detail, late=late)
        )

    def documents(self, uuid: UUID) -> list[Domain]:
        """The live document, if there is one, and a copy of the definition, if there is one."""
        live = self._live.get(uuid)
        return ([live] if live is not None else []) + (
            [self.definition(uuid)] if self.defined(uuid) else []
        )


def record_of(document: Domain, *, autostart: bool = False) -> DomainRecord:
    """The record of a domain as its document says, shut off."""
    maximum = document.vcpu.maximum or 1
    current = document.current_memory
    return DomainRecord(
        uuid=UUID(document.uuid),
        name=document.name,
        state=State.SHUTOFF,
        reason="unknown",
        autostart=autostart,
        os_type=document.os.type.kind or "",
        arch=document.os.type.arch or "",
        title=document.title or "",
        vcpus=document.vcpu.current or maximum,
        max_vcpus=maximum,
        memory_kib=current.size_kib if current else document.memory.size_kib,
        max_memory_kib=document.memory.size_kib,
    )


def now_ms() -> int:
    """Unix time in ms."""
    return time.time_ns() // 1_000_000


def _taken(name: str, what: str) -> AlreadyExists:
    return AlreadyExists(f"{what}; choose another", kind="domain", name=name)
