"""Definitions: made, changed, renamed, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import msgspec

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import PREFIX, UnderTest
from virtbus.errors import AlreadyExists, InvalidArgument, InvalidDocument, InvalidState
from virtbus.operations import domain
from virtbus.operations.event import Lifecycle
from virtbus.operations.records import DomainRecord, State

ENTITIES = """<!DOCTYPE domain [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<domain type='test'><name>&a;</name></domain>"""


class Define(Case):
    request = domain.Define

    def ready(self, agent: UnderTest) -> domain.Define:
        return domain.Define(xml=agent.new_document())

    def check(self, agent: UnderTest, request: domain.Define, reply: DomainRecord) -> None:
        assert (reply.state, reply.persistent, reply.id) == (State.SHUTOFF, True, -1)
        assert agent.record(reply.uuid) == reply
        assert agent.told(reply.uuid, Lifecycle.DEFINED).detail == "added"
        assert agent.call(domain.Define(xml=request.xml)) == reply, "defined again as it was"
        assert agent.told(reply.uuid, Lifecycle.DEFINED).detail == "updated"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        for xml in ("", "<domain", "<network/>", "no document", ENTITIES):
            yield domain.Define(xml=xml), InvalidDocument, {}
        record = agent.record(agent.shut_off())
        taken_name = agent.new_document(record.name)
        yield domain.Define(xml=taken_name), AlreadyExists, {"kind": "domain", "name": record.name}
        taken_uuid = agent.new_document(PREFIX + "other", record.uuid)
        yield domain.Define(xml=taken_uuid), AlreadyExists, {"kind": "domain"}


class Check(Case):
    request = domain.Check

    def ready(self, agent: UnderTest) -> domain.Check:
        return domain.Check(xml=agent.new_document(PREFIX + "checked"))

    def check(self, agent: UnderTest, request: domain.Check, reply: domain.DomainXml) -> None:
        assert PREFIX + "checked" in reply.xml
        assert agent.call(domain.Check(xml=reply.xml)) == reply, "what is complete stays as it is"
        names = [record.name for record in agent.call(domain.ListDomains()).domains]
        assert PREFIX + "checked" not in names, "a check defines nothing"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        for xml in ("", "<domain", "<network/>", "no document", ENTITIES):
            yield domain.Check(xml=xml), InvalidDocument, {}


class ToNative(Case):
    request = domain.ToNative

    def ready(self, agent: UnderTest) -> domain.ToNative:
        return domain.ToNative(
            format=next(iter(agent.harness.native)), xml=agent.new_document(PREFIX + "native")
        )

    def check(self, agent: UnderTest, request: domain.ToNative, reply: domain.NativeConfig) -> None:
        for name, word in agent.harness.native.items():
            config = agent.call(domain.ToNative(format=name, xml=request.xml)).config
            assert PREFIX + "native" in config
            assert word in config
        names = [record.name for record in agent.call(domain.ListDomains()).domains]
        assert PREFIX + "native" not in names, "a translation defines nothing"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        good = self.ready(agent)
        yield msgspec.structs.replace(good, format="no-such"), InvalidArgument, {"field": "format"}
        for xml in ("", "<network/>", ENTITIES):
            yield msgspec.structs.replace(good, xml=xml), InvalidDocument, {}


class Undefine(Case):
    request = domain.Undefine

    def ready(self, agent: UnderTest) -> domain.Undefine:
        return domain.Undefine(domain=agent.shut_off())

    def check(self, agent: UnderTest, request: domain.Undefine, reply: None) -> None:
        assert not agent.is_published(request.domain)
        assert agent.told(request.domain, Lifecycle.UNDEFINED).detail == "removed"
        if agent.has(domain.Start) and agent.has(domain.Destroy):
            uuid = agent.running()
            agent.call(domain.Undefine(domain=uuid))
            record = agent.record(uuid)
            assert (record.state, record.persistent) == (State.RUNNING, False)
            agent.call(domain.Destroy(domain=uuid))
            assert not agent.is_published(uuid), "a transient domain outlives its guest"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        uuid = agent.running()
        agent.call(domain.Undefine(domain=uuid))
        yield domain.Undefine(domain=uuid), InvalidState, {}


class SetAutostart(Case):
    request = domain.SetAutostart

    def ready(self, agent: UnderTest) -> domain.SetAutostart:
        return domain.SetAutostart(domain=agent.shut_off(), autostart=True)

    def check(self, agent: UnderTest, request: domain.SetAutostart, reply: None) -> None:
        assert agent.record(request.domain).autostart
        agent.call(domain.SetAutostart(domain=request.domain, autostart=False))
        assert not agent.record(request.domain).autostart

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        uuid = transient(agent)
        yield domain.SetAutostart(domain=uuid, autostart=True), InvalidState, {}


class Rename(Case):
    request = domain.Rename

    def ready(self, agent: UnderTest) -> domain.Rename:
        return domain.Rename(domain=agent.shut_off(), name=f"{PREFIX}{uuid4().hex[:8]}")

    def check(self, agent: UnderTest, request: domain.Rename, reply: DomainRecord) -> None:
        assert (reply.uuid, reply.name) == (request.domain, request.name)
        assert agent.record(request.domain) == reply
        assert agent.call(domain.Lookup(name=request.name)) == reply
        agent.told(request.domain, Lifecycle.UNDEFINED)
        assert agent.told(request.domain, Lifecycle.DEFINED).detail == "renamed"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        uuid, other = agent.shut_off(), agent.record(agent.shut_off()).name
        yield domain.Rename(domain=uuid, name=other), AlreadyExists, {"name": other}
        for name in ("../up", "a/b", "line\nbreak", "."):
            yield domain.Rename(domain=uuid, name=name), InvalidArgument, {"field": "name"}
        yield domain.Rename(domain=uuid, name="x" * 256), InvalidArgument, {"field": "name"}
        running = agent.running()
        yield domain.Rename(domain=running, name=f"{PREFIX}n"), InvalidState, {"state": "running"}


def transient(agent: UnderTest) -> UUID:
    """A running domain without a definition."""
    agent.need(domain.Create)
    return agent.call(domain.Create(xml=agent.new_document())).uuid
