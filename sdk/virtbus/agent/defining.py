"""A Driver that keeps definitions: what hypervisors without a store of their own have in common.

A driver that inherits from it says what a document must be (`complete`) and how a guest
is started (`launch`); define, create, start, undefine, rename, autostart, metadata and the
documents are served from here.
"""

from __future__ import annotations

import secrets
import uuid as uuids
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec

from ..errors import InvalidArgument, InvalidDocument, VirtbusError
from ..model.domain import (
    Domain,
    apply_defaults,
    check_domain,
    format_domain,
    get_metadata,
    parse_domain,
    set_metadata,
    settle_devices,
)
from ..model.names import check_name
from ..operations import domain
from ..operations.event import Lifecycle
from ..operations.records import DomainRecord
from .driver import Driver, handles
from .guests import Guests
from .host import Host
from .settings import AgentSettings

SettingsT = TypeVar("SettingsT", bound=AgentSettings)


class DefiningDriver(Driver[SettingsT]):
    """Keeps definitions in the agent's store and the guests' documents in memory."""

    mac_prefix = "52:54:00"
    architecture = ""
    """That of guests whose document names none; "" where `complete` knows it."""

    def __init__(self, host: Host[SettingsT]) -> None:
        super().__init__(host)
        self.guests = Guests(host)

    async def complete(self, document: Domain) -> None:
        """Fill in and check what this hypervisor wants of a document; raises InvalidDocument.

        Called with the common defaults applied; changes the document in place.
        """

    async def launch(self, document: Domain, *, paused: bool) -> Domain:
        """Start a guest, and answer its live document. On return it runs, or is paused.

        Raises HypervisorFailed, having left nothing behind.
        """
        raise NotImplementedError

    def live_changed(self, domain: UUID) -> None:
        """Keep the live document of a running guest, where the driver keeps it; it was changed."""

    async def read_document(self, xml: str) -> Domain:
        """A stranger's document: parsed, completed, checked; raises InvalidDocument."""
        document = parse_domain(xml)
        apply_defaults(
            document,
            uuid=str(uuids.uuid4()),
            macs=_macs(self.mac_prefix),
            genid=str(uuids.uuid4()),
            arch=self.architecture,
        )
        document.id = None
        await self.complete(document)
        settle_devices(document)
        check_domain(document)
        return document

    @handles(domain.Define)
    async def define(self, request: domain.Define) -> DomainRecord:
        """Define or change a persistent domain."""
        document = await self.read_document(request.xml)
        uuid = UUID(document.uuid)
        async with self.host.changing(uuid):
            self.guests.reserve(uuid, document.name)
            try:
                known = self.guests.defined(uuid)
                autostart = known and self.host.domains.get(uuid).autostart
                await self.guests.keep(document, autostart=autostart)
            finally:
                self.guests.release(document.name)
            self.guests.tell(uuid, Lifecycle.DEFINED, "updated" if known else "added")
            return self.host.domains.get(uuid)

    @handles(domain.Check)
    async def check(self, request: domain.Check) -> domain.DomainXml:
        """A document as it would be defined."""
        document = await self.read_document(request.xml)
        return domain.DomainXml(xml=format_domain(document, inactive=True, with_secrets=True))

    @handles(domain.Create)
    async def create(self, request: domain.Create) -> DomainRecord:
        """Start a transient domain, or a defined one with the document given."""
        document = await self.read_document(request.xml)
        uuid = UUID(document.uuid)
        async with self.host.changing(uuid):
            self.guests.reserve(uuid, document.name)
            try:
                return await self.start_guest(document, paused=request.paused)
            finally:
                self.guests.release(document.name)

    @handles(domain.Start)
    async def start(self, request: domain.Start) -> DomainRecord:
        """Start a defined domain."""
        self.guests.inactive(request.domain)
        return await self.start_guest(self.guests.definition(request.domain), paused=request.paused)

    async def start_guest(self, document: Domain, *, paused: bool) -> DomainRecord:
        """Launch a guest, publish and tell it; raises InvalidState if it is active."""
        uuid = UUID(document.uuid)
        if uuid in self.host.domains:
            self.guests.inactive(uuid)
        document.id = self.guests.new_id()
        live = await self.launch(document, paused=paused)
        return self.guests.started(live, paused=paused)

    @handles(domain.Undefine)
    async def undefine(self, request: domain.Undefine) -> None:
        """Forget a definition."""
        self.guests.definition(request.domain)
        name = self.host.domains.get(request.domain).name
        await self.guests.forget(request.domain)
        self.guests.tell(request.domain, Lifecycle.UNDEFINED, "removed", name=name)

    @handles(domain.SetAutostart)
    async def set_autostart(self, request: domain.SetAutostart) -> None:
        """Say whether the domain starts with its host."""
        await self.guests.keep(self.guests.definition(request.domain), autostart=request.autostart)

    @handles(domain.Rename)
    async def rename(self, request: domain.Rename) -> DomainRecord:
        """Give an inactive domain another name."""
        try:
            check_name(request.name)
        except InvalidDocument as error:
            reason = str(error.details["reason"])
            raise InvalidArgument(f"name: {reason}", field="name", reason=reason) from error
        record = self.guests.inactive(request.domain)
        document = self.guests.definition(request.domain)
        document.name = request.name
        self.guests.reserve_new(request.domain, request.name)
        try:
            await self.guests.keep(document, autostart=record.autostart)
        finally:
            self.guests.release(request.name)
        self.guests.tell(request.domain, Lifecycle.UNDEFINED, "renamed", name=record.name)
        self.guests.tell(request.domain, Lifecycle.DEFINED, "renamed")
        return self.host.domains.get(request.domain)

    @handles(domain.GetXml)
    def get_xml(self, request: domain.GetXml) -> domain.DomainXml:
        """The document without secrets."""
        return self._xml(request.domain, inactive=request.inactive, with_secrets=False)

    @handles(domain.GetSecretXml)
    def get_secret_xml(self, request: domain.GetSecretXml) -> domain.DomainXml:
        """The document with secrets."""
        return self._xml(request.domain, inactive=request.inactive, with_secrets=True)

    def _xml(self, uuid: UUID, *, inactive: bool, with_secrets: bool) -> domain.DomainXml:
        live = None if inactive else self.guests.live(uuid)
        document = live if live is not None else self.guests.definition(uuid)
        return domain.DomainXml(
            xml=format_domain(document, inactive=live is None, with_secrets=with_secrets)
        )

    @handles(domain.GetMetadata)
    def get_metadata(self, request: domain.GetMetadata) -> domain.MetadataText:
        """Title, description, or an application's element."""
        self.host.domains.get(request.domain)
        document = self.guests.documents(request.domain)[0]
        if request.kind is domain.MetadataKind.TITLE:
            return domain.MetadataText(text=document.title)
        if request.kind is domain.MetadataKind.DESCRIPTION:
            return domain.MetadataText(text=document.description)
        return domain.MetadataText(text=get_metadata(document, _uri(request.uri)))

    @handles(domain.SetMetadata)
    async def set_metadata(self, request: domain.SetMetadata) -> None:
        """Change the metadata of the running guest's document and of the definition."""
        record = self.host.domains.get(request.domain)
        changed = self.guests.documents(request.domain)
        previews = [msgspec.structs.replace(document) for document in changed]
        for document in previews:
            _set(document, request)
            check_domain(document)
        if self.guests.defined(request.domain):
            await self.guests.keep(previews[-1], autostart=record.autostart)
        if (live := self.guests.live(request.domain)) is not None:
            _set(live, request)
            now = self.host.domains.get(request.domain)
            self.host.domains.put(msgspec.structs.replace(now, title=live.title or ""))
            self.live_changed(request.domain)

    async def autostart_once(self) -> None:
        """Start the domains marked autostart, once each time the host comes up.

        The mark lies in the run directory, which the host empties when it starts.
        """
        mark = Path(self.host.directories.run) / f"{self.name}.autostarted"
        if mark.exists():
            return
        for record in [record for record in self.host.domains if record.autostart]:
            if record.active:
                continue
            try:
                await self.start_guest(self.guests.definition(record.uuid), paused=False)
            except VirtbusError as error:
                self.host.log.error("autostart failed", domain=record.name, reason=str(error))
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch(mode=0o600)


def _set(document: Domain, request: domain.SetMetadata) -> None:
    if request.kind is domain.MetadataKind.TITLE:
        document.title = request.text
    elif request.kind is domain.MetadataKind.DESCRIPTION:
        document.description = request.text
    else:
        set_metadata(document, _uri(request.uri), request.text, prefix=request.key or "")


def _uri(uri: str | None) -> str:
    if uri is None:
        raise InvalidArgument(
            "uri: an element of metadata is named by its namespace", field="uri", reason="missing"
        )
    return uri


def _macs(prefix: str) -> Iterator[str]:
    """Random MAC addresses under a prefix of three bytes (locally administered by convention)."""
    while True:
        yield prefix + "".join(f":{byte:02x}" for byte in secrets.token_bytes(3))
