"""Starting, stopping, pausing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import UnderTest
from virtbus.errors import AlreadyExists, InvalidDocument, InvalidState
from virtbus.operations import domain
from virtbus.operations.event import DomainReboot, Lifecycle
from virtbus.operations.records import DomainRecord, State


class Start(Case):
    request = domain.Start

    def ready(self, agent: UnderTest) -> domain.Start:
        return domain.Start(domain=agent.shut_off())

    def check(self, agent: UnderTest, request: domain.Start, reply: DomainRecord) -> None:
        assert (reply.state, reply.persistent) == (State.RUNNING, True)
        assert reply.id >= 0
        assert agent.record(request.domain) == reply
        assert agent.told(request.domain, Lifecycle.STARTED).name == reply.name

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        uuid = agent.running()
        yield domain.Start(domain=uuid), InvalidState, {"state": "running"}


class Create(Case):
    request = domain.Create

    def ready(self, agent: UnderTest) -> domain.Create:
        return domain.Create(xml=agent.new_document(), paused=True)

    def check(self, agent: UnderTest, request: domain.Create, reply: DomainRecord) -> None:
        assert (reply.state, reply.persistent) == (State.PAUSED, False)
        assert agent.record(reply.uuid) == reply
        agent.told(reply.uuid, Lifecycle.STARTED)
        agent.told(reply.uuid, Lifecycle.SUSPENDED)
        if agent.has(domain.Destroy):
            agent.call(domain.Destroy(domain=reply.uuid))
            assert not agent.is_published(reply.uuid), "a transient domain outlives its guest"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Create(xml="<domain"), InvalidDocument, {}
        uuid = agent.shut_off()
        taken = agent.new_document(agent.record(uuid).name)
        yield domain.Create(xml=taken), AlreadyExists, {"kind": "domain"}


class Shutdown(Case):
    request = domain.Shutdown

    def ready(self, agent: UnderTest) -> domain.Shutdown:
        return domain.Shutdown(domain=agent.booted())

    def check(self, agent: UnderTest, request: domain.Shutdown, reply: None) -> None:
        if agent.harness.obeys:
            agent.becomes(request.domain, State.SHUTOFF)
            assert agent.record(request.domain).reason == "shutdown"
            agent.told(request.domain, Lifecycle.STOPPED)

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Shutdown(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}


class Reboot(Case):
    request = domain.Reboot

    def ready(self, agent: UnderTest) -> domain.Reboot:
        return domain.Reboot(domain=agent.booted())

    def check(self, agent: UnderTest, request: domain.Reboot, reply: None) -> None:
        if agent.harness.obeys:
            agent.told_of(request.domain, DomainReboot)
            assert agent.record(request.domain).state is State.RUNNING

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Reboot(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}


class Reset(Case):
    request = domain.Reset

    def ready(self, agent: UnderTest) -> domain.Reset:
        return domain.Reset(domain=agent.booted())

    def check(self, agent: UnderTest, request: domain.Reset, reply: None) -> None:
        agent.told_of(request.domain, DomainReboot)
        assert agent.record(request.domain).state is State.RUNNING

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Reset(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}


class Suspend(Case):
    request = domain.Suspend

    def ready(self, agent: UnderTest) -> domain.Suspend:
        return domain.Suspend(domain=agent.running())

    def check(self, agent: UnderTest, request: domain.Suspend, reply: None) -> None:
        record = agent.record(request.domain)
        assert (record.state, record.reason) == (State.PAUSED, "user")
        assert agent.told(request.domain, Lifecycle.SUSPENDED).detail == "paused"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Suspend(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}


class Resume(Case):
    request = domain.Resume

    def ready(self, agent: UnderTest) -> domain.Resume:
        return domain.Resume(domain=agent.paused())

    def check(self, agent: UnderTest, request: domain.Resume, reply: None) -> None:
        record = agent.record(request.domain)
        assert (record.state, record.reason) == (State.RUNNING, "unpaused")
        assert agent.told(request.domain, Lifecycle.RESUMED).detail == "unpaused"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Resume(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}
        yield domain.Resume(domain=agent.running()), InvalidState, {"state": "running"}


class Destroy(Case):
    request = domain.Destroy

    def ready(self, agent: UnderTest) -> domain.Destroy:
        return domain.Destroy(domain=agent.running(), grace_ms=0)

    def check(self, agent: UnderTest, request: domain.Destroy, reply: Any) -> None:
        record = agent.record(request.domain)
        assert (record.state, record.reason, record.id) == (State.SHUTOFF, "destroyed", -1)
        assert agent.told(request.domain, Lifecycle.STOPPED).detail == "destroyed"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        yield domain.Destroy(domain=agent.shut_off()), InvalidState, {"state": "shutoff"}
