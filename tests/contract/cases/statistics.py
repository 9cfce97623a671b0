"""Statistics, asked and published."""

from __future__ import annotations

from tests.contract.cases.case import Case
from tests.contract.harness import UnderTest
from virtbus.operations import domain
from virtbus.operations.records import DomainStats, State


class GetStats(Case):
    request = domain.GetStats

    def ready(self, agent: UnderTest) -> domain.GetStats:
        return domain.GetStats(domain=agent.running())

    def check(self, agent: UnderTest, request: domain.GetStats, reply: DomainStats) -> None:
        record = agent.record(request.domain)
        assert (reply.uuid, reply.name) == (record.uuid, record.name)
        assert (reply.state, reply.complete) == (State.RUNNING, True)
        assert reply.cpu_time_ns > 0
        assert len(reply.vcpus) == record.vcpus
        later = agent.call(request)
        assert later.time_ms >= reply.time_ms
        assert later.cpu_time_ns >= reply.cpu_time_ns


class GetAllStats(Case):
    request = domain.GetAllStats

    def ready(self, agent: UnderTest) -> domain.GetAllStats:
        return domain.GetAllStats()

    def check(self, agent: UnderTest, request: domain.GetAllStats, reply: domain.StatsList) -> None:
        names = [each.name for each in reply.domains]
        assert names == sorted(names)
        off, running = agent.shut_off(), agent.running()
        found = {each.uuid: each for each in agent.call(domain.GetAllStats()).domains}
        assert found[off].state is State.SHUTOFF
        assert found[running].state is State.RUNNING
        active = agent.call(domain.GetAllStats(active=True)).domains
        assert {off, running} & {each.uuid for each in active} == {running}
        published = agent.client.read(agent.route, f"stats/domain/{running}")
        assert published.header.name != "absent", "what was asked is published"
