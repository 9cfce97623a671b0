"""What is asked of a connection: the host, the agent, the journal of events."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import fromstring

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import UnderTest
from virtbus.errors import InvalidArgument, Unsupported
from virtbus.operations import agent as agent_operations
from virtbus.operations import domain, event, host
from virtbus.operations.event import DomainLifecycle, Lifecycle


class GetStatus(Case):
    request = agent_operations.GetStatus

    def ready(self, agent: UnderTest) -> agent_operations.GetStatus:
        return agent_operations.GetStatus()

    def check(
        self,
        agent: UnderTest,
        request: agent_operations.GetStatus,
        reply: agent_operations.AgentReport,
    ) -> None:
        assert (reply.pid, reply.agent) == (agent.process.pid, agent.hello.agent)
        assert reply.problems == ()
        assert reply.slots == ()
        assert reply.operations == agent.hello.operations
        listed = agent.call(domain.ListDomains()).domains
        assert reply.domains == len(listed)
        assert reply.active_domains == sum(each.active for each in listed)


class CancelRequest(Case):
    request = agent_operations.CancelRequest

    def ready(self, agent: UnderTest) -> agent_operations.CancelRequest:
        return agent_operations.CancelRequest(request_id="00" * 16)

    def check(self, agent: UnderTest, request: agent_operations.CancelRequest, reply: bool) -> None:
        assert reply is False, "no request has that id"
        assert agent.call(agent_operations.CancelRequest(request_id="no hexadecimal")) is False


class Replay(Case):
    request = event.Replay

    def ready(self, agent: UnderTest) -> event.Replay:
        return event.Replay(after=0)

    def check(self, agent: UnderTest, request: event.Replay, reply: event.EventList) -> None:
        uuid = agent.shut_off()
        told = agent.told(uuid, Lifecycle.DEFINED)
        again = agent.call(event.Replay(after=told.number - 1, limit=1))
        assert again.events == (told,)
        assert (again.newest, again.lost) == (told.number, 0)
        agent.call(domain.Undefine(domain=uuid))
        (last,) = agent.call(event.Replay(after=told.number)).events
        assert isinstance(last, DomainLifecycle)
        assert (last.number, last.change) == (told.number + 1, Lifecycle.UNDEFINED)
        ahead = agent.call(event.Replay(after=2**64 - 1))
        assert (ahead.events, ahead.lost) == ((), 0)
        assert agent.call(event.Replay(after=0, kind="domain")).newest == last.number

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield event.Replay(after=-1), InvalidArgument, {"field": "after"}
        yield event.Replay(after=0, limit=0), InvalidArgument, {"field": "limit"}
        for word in ("*", "Domain", "domain\n", "d" * 33, ""):
            yield event.Replay(after=0, kind=word), InvalidArgument, {"field": "kind"}
        yield event.Replay(after=0, kind="no_such"), Unsupported, {"operation": "event.replay"}


class GetHostInfo(Case):
    request = host.GetInfo

    def ready(self, agent: UnderTest) -> host.GetInfo:
        return host.GetInfo()

    def check(self, agent: UnderTest, request: host.GetInfo, reply: host.HostInfo) -> None:
        assert reply.uri == agent.route
        assert reply.hypervisor
        assert reply.hypervisor_version > 0
        assert 0 < reply.free_memory_kib <= reply.memory_kib
        assert reply.cpus <= reply.nodes * reply.sockets * reply.cores * reply.threads


class GetCapabilities(Case):
    request = host.GetCapabilities

    def ready(self, agent: UnderTest) -> host.GetCapabilities:
        return host.GetCapabilities()

    def check(
        self, agent: UnderTest, request: host.GetCapabilities, reply: host.CapabilitiesXml
    ) -> None:
        document = fromstring(reply.xml)
        assert document.tag == "capabilities"
        assert document.findtext("host/cpu/arch")
        assert document.findall("guest/arch/domain")


class GetDomainCapabilities(Case):
    request = host.GetDomainCapabilities

    def ready(self, agent: UnderTest) -> host.GetDomainCapabilities:
        return host.GetDomainCapabilities()

    def check(
        self, agent: UnderTest, request: host.GetDomainCapabilities, reply: host.CapabilitiesXml
    ) -> None:
        document = fromstring(reply.xml)
        assert document.tag == "domainCapabilities"
        for element in ("path", "domain", "machine", "arch"):
            assert document.findtext(element), f"<{element}> is missing"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield host.GetDomainCapabilities(arch="pdp11"), Unsupported, {}
