"""Finding domains and reading about them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from lxml.etree import fromstring

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import UnderTest
from virtbus.errors import InvalidArgument, NoSuchDomain
from virtbus.operations import domain
from virtbus.operations.records import DomainRecord, State


class Lookup(Case):
    request = domain.Lookup

    def ready(self, agent: UnderTest) -> domain.Lookup:
        return domain.Lookup(uuid=agent.shut_off())

    def check(self, agent: UnderTest, request: domain.Lookup, reply: DomainRecord) -> None:
        assert reply.uuid == request.uuid
        assert agent.call(domain.Lookup(name=reply.name)) == reply
        assert agent.record(reply.uuid) == reply
        if agent.has(domain.Start):
            started = agent.call(domain.Start(domain=reply.uuid))
            assert agent.call(domain.Lookup(id=started.id)) == started

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Lookup(name="no such domain"), NoSuchDomain, {"domain": "no such domain"}
        yield domain.Lookup(uuid=(uuid := uuid4())), NoSuchDomain, {"domain": str(uuid)}
        for number in (-1, 2**31, 2**63):
            yield domain.Lookup(id=number), NoSuchDomain, {}
        yield domain.Lookup(), InvalidArgument, {}
        yield domain.Lookup(name="a", uuid=uuid4()), InvalidArgument, {}


class ListDomains(Case):
    request = domain.ListDomains

    def ready(self, agent: UnderTest) -> domain.ListDomains:
        return domain.ListDomains()

    def check(
        self, agent: UnderTest, request: domain.ListDomains, reply: domain.DomainList
    ) -> None:
        assert [each.name for each in reply.domains] == sorted(each.name for each in reply.domains)
        published = agent.client.snapshot(agent.route, "state/domain/")
        assert {f"state/domain/{each.uuid}" for each in reply.domains} == set(published)
        off = agent.shut_off()
        assert off in self._listed(agent, domain.ListDomains())
        assert off in self._listed(agent, domain.ListDomains(active=False, persistent=True))
        assert off in self._listed(agent, domain.ListDomains(states=(State.SHUTOFF,)))
        assert off not in self._listed(agent, domain.ListDomains(active=True))
        assert off not in self._listed(agent, domain.ListDomains(persistent=False))
        assert off not in self._listed(agent, domain.ListDomains(autostart=True))
        assert off not in self._listed(agent, domain.ListDomains(states=(State.RUNNING,)))

    @staticmethod
    def _listed(agent: UnderTest, request: domain.ListDomains) -> set[object]:
        return {each.uuid for each in agent.call(request).domains}


class GetState(Case):
    request = domain.GetState

    def ready(self, agent: UnderTest) -> domain.GetState:
        return domain.GetState(domain=agent.shut_off())

    def check(self, agent: UnderTest, request: domain.GetState, reply: domain.DomainState) -> None:
        record = agent.record(request.domain)
        assert (reply.state, reply.reason) == (record.state, record.reason)
        assert (reply.state, reply.active) == (State.SHUTOFF, False)


class GetRecord(Case):
    request = domain.GetRecord

    def ready(self, agent: UnderTest) -> domain.GetRecord:
        return domain.GetRecord(domain=agent.shut_off())

    def check(self, agent: UnderTest, request: domain.GetRecord, reply: DomainRecord) -> None:
        assert reply == agent.record(request.domain)


class GetAutostart(Case):
    request = domain.GetAutostart

    def ready(self, agent: UnderTest) -> domain.GetAutostart:
        uuid = agent.shut_off()
        agent.need(domain.SetAutostart)
        agent.call(domain.SetAutostart(domain=uuid, autostart=True))
        return domain.GetAutostart(domain=uuid)

    def check(self, agent: UnderTest, request: domain.GetAutostart, reply: bool) -> None:
        assert reply is True


class GetInfo(Case):
    request = domain.GetInfo

    def ready(self, agent: UnderTest) -> domain.GetInfo:
        return domain.GetInfo(domain=agent.running())

    def check(self, agent: UnderTest, request: domain.GetInfo, reply: domain.DomainInfo) -> None:
        record = agent.record(request.domain)
        assert reply.state is State.RUNNING
        assert (reply.vcpus, reply.max_memory_kib) == (record.vcpus, record.max_memory_kib)
        assert 0 < reply.memory_kib <= reply.max_memory_kib
        later = agent.call(request)
        assert later.cpu_time_ns >= reply.cpu_time_ns > 0
        off = agent.call(domain.GetInfo(domain=agent.shut_off()))
        assert (off.state, off.cpu_time_ns) == (State.SHUTOFF, 0)


class GetXml(Case):
    request = domain.GetXml

    def ready(self, agent: UnderTest) -> domain.GetXml:
        return domain.GetXml(domain=agent.running())

    def check(self, agent: UnderTest, request: domain.GetXml, reply: domain.DomainXml) -> None:
        record = agent.record(request.domain)
        live = fromstring(reply.xml)
        assert (live.findtext("name"), live.findtext("uuid")) == (record.name, str(record.uuid))
        assert live.get("id") == str(record.id)
        assert not live.findall(".//*[@passwd]"), "secrets are for get_secret_xml"
        inactive = agent.call(domain.GetXml(domain=request.domain, inactive=True)).xml
        assert fromstring(inactive).get("id") is None
        agent.call(domain.Define(xml=inactive))
        again = agent.call(domain.GetXml(domain=request.domain, inactive=True)).xml
        assert again == inactive, "a document that was given is taken as it is"


class GetSecretXml(Case):
    request = domain.GetSecretXml

    def ready(self, agent: UnderTest) -> domain.GetSecretXml:
        return domain.GetSecretXml(domain=agent.shut_off())

    def check(
        self, agent: UnderTest, request: domain.GetSecretXml, reply: domain.DomainXml
    ) -> None:
        document = fromstring(reply.xml)
        assert document.findtext("uuid") == str(request.domain)
        graphics = document.findall(".//graphics")
        assert all(each.get("passwd") == "secret" for each in graphics)
