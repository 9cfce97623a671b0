"""The console as a stream, and keys."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import UnderTest
from tests.peers.client import ClientStream
from virtbus.errors import InvalidArgument, InvalidState
from virtbus.operations import domain


class OpenConsole(Case):
    request = domain.OpenConsole

    def ready(self, agent: UnderTest) -> domain.OpenConsole:
        return domain.OpenConsole(domain=agent.running())

    def check(self, agent: UnderTest, request: domain.OpenConsole, reply: ClientStream) -> None:
        reply.read_until(agent.harness.greeting, timeout_s=30.0)
        reply.write(b"echo this")
        reply.read_until(b"echo this")
        other = agent.open(domain.OpenConsole(domain=request.domain, steal=True))
        assert reply.read_end() == "cancelled"
        other.write(b"and that")
        other.read_until(b"and that")
        agent.call(domain.Destroy(domain=request.domain))
        assert other.read_end() == "finished"

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        off, running = agent.shut_off(), agent.running()
        yield domain.OpenConsole(domain=off), InvalidState, {"state": "shutoff"}
        nowhere = domain.OpenConsole(domain=running, device="nowhere")
        yield nowhere, InvalidArgument, {"field": "device"}
        agent.open(domain.OpenConsole(domain=running))
        yield domain.OpenConsole(domain=running), InvalidState, {}


class SendKey(Case):
    request = domain.SendKey

    def ready(self, agent: UnderTest) -> domain.SendKey:
        return domain.SendKey(domain=agent.running(), keys=("ctrl", "alt", "delete"))

    def check(self, agent: UnderTest, request: domain.SendKey, reply: None) -> None:
        assert reply is None

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        off, running = agent.shut_off(), agent.running()
        yield domain.SendKey(domain=off, keys=("a",)), InvalidState, {"state": "shutoff"}
        yield domain.SendKey(domain=running, keys=()), InvalidArgument, {"field": "keys"}
        if agent.harness.knows_keys:
            unknown = domain.SendKey(domain=running, keys=("no such key",))
            yield unknown, InvalidArgument, {"field": "keys"}
