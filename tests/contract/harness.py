"""What an agent says of itself to the contract suite, and the agent as the cases see it."""

from __future__ import annotations

import runpy
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import pytest

from tests.peers.bus import Bus, Process, wait_for
from tests.peers.client import ClientStream, Subscriber
from virtbus.errors import StateError
from virtbus.operations import BY_REQUEST, Request, domain, operation_of
from virtbus.operations import agent as agent_operations
from virtbus.operations.event import AnyEvent, DomainLifecycle, Lifecycle
from virtbus.operations.records import DomainRecord, State
from virtbus.wire.frames import decode_body

AGENTS = Path(__file__).parent / "agents"
PREFIX = "contract-"

ReplyT = TypeVar("ReplyT")


class Harness(msgspec.Struct, frozen=True, kw_only=True):
    """One agent under the suite; the only thing that an agent adds to it.

    `document` gives a domain's document that the agent can define and start, None if it cannot
    define any; it says @DIR@ for the bus's directory, where `prepare` lays what it needs.
    `needs` are commands without which it cannot run, with what to install. `cannot` are operations
    that it has but cannot show with that document, with the reason. `greeting` is what the guest's
    console says; an echo is expected after it. `obeys` tells that the guest shuts down and reboots
    when asked to, `knows_keys` that unknown names of keys are refused. `native` are the formats of
    native configuration that it speaks, with a word that the document has in each. `settings` are
    environment variables.
    """

    package: str
    route: str
    document: Callable[[str, UUID], str] | None = None
    needs: Mapping[str, str] = {}
    cannot: Mapping[str, str] = {}
    greeting: bytes = b""
    obeys: bool = True
    knows_keys: bool = True
    native: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    prepare: Callable[[Path], None] | None = None


def harnesses(folder: Path = AGENTS) -> dict[str, Harness]:
    """All agents, by name."""
    return {path.stem: runpy.run_path(str(path))["HARNESS"] for path in sorted(folder.glob("*.py"))}


class UnderTest:
    """An agent on a bus of its own, and a client of it."""

    def __init__(self, harness: Harness, bus: Bus, agent: Process) -> None:
        self.harness = harness
        self.bus = bus
        self.process = agent
        self.route = harness.route
        self.client = bus.client()
        self.readonly = bus.client(readonly=True)
        self.subscriber: Subscriber = bus.subscriber(f"{self.route} event/")
        (self.hello,) = (each for each in bus.status().agents if each.pid == agent.pid)

    def has(self, request: type[Request[Any]]) -> bool:
        """Whether the agent lists the operation."""
        return _name(request) in self.hello.operations

    def call(self, request: Request[ReplyT], *, deadline_s: float = 20.0) -> ReplyT:
        """Ask, and give the reply; an operation that opens a stream gives its end of it."""
        if operation_of(request).stream:
            return self.client.open_stream(self.route, request)  # type: ignore[arg-type,return-value]  # streams answer None
        return self.client.call(self.route, request, deadline_s=deadline_s)

    def open(self, request: Request[None]) -> ClientStream:
        """Ask for a stream."""
        return self.client.open_stream(self.route, request)

    def shut_off(self) -> UUID:
        """A new defined domain."""
        if self.harness.document is None or not self.has(domain.Define):
            pytest.skip("this agent can define no domain")
        record = self.call(domain.Define(xml=self.new_document()))
        return record.uuid

    def running(self) -> UUID:
        """A new domain that runs."""
        uuid = self.shut_off()
        self.need(domain.Start)
        self.call(domain.Start(domain=uuid))
        return uuid

    def booted(self) -> UUID:
        """A new domain whose guest has greeted on its console, if it does, and so obeys by now."""
        if not self.harness.greeting or not self.has(domain.OpenConsole):
            return self.running()
        uuid = self.paused()
        console = self.open(domain.OpenConsole(domain=uuid))
        self.call(domain.Resume(domain=uuid))
        console.read_until(self.harness.greeting, timeout_s=30.0)
        console.end()
        return uuid

    def paused(self) -> UUID:
        """A new domain that was started paused."""
        uuid = self.shut_off()
        self.need(domain.Start)
        self.call(domain.Start(domain=uuid, paused=True))
        return uuid

    def new_document(self, name: str = "", uuid: UUID | None = None) -> str:
        """A document the agent can start, with a name and UUID of its own."""
        if self.harness.document is None:
            pytest.skip("this agent can define no domain")
        name = name or PREFIX + secrets.token_hex(4)
        text = self.harness.document(name, uuid or uuid4())
        return text.replace("@DIR@", str(self.bus.directory))

    def need(self, request: type[Request[Any]]) -> None:
        """Skip what cannot be shown without another operation, if the agent lacks that."""
        if not self.has(request):
            pytest.skip(f"cannot be shown without {_name(request)}, which this agent lacks")

    def record(self, uuid: UUID) -> DomainRecord:
        """The record at the broker, now: whoever got a reply sees what it did."""
        reply = self.client.read(self.route, f"state/domain/{uuid}")
        assert reply.header.name != "absent", f"{uuid} is not published"
        return decode_body(reply.body, DomainRecord)

    def is_published(self, uuid: UUID) -> bool:
        """Whether the broker has a record, now."""
        return self.client.read(self.route, f"state/domain/{uuid}").header.name != "absent"

    def becomes(self, uuid: UUID, state: State, *, timeout_s: float = 30.0) -> None:
        """Wait until the published state is this one."""
        wait_for(
            lambda: self.record(uuid).state is state, f"{uuid} is {state}", timeout_s=timeout_s
        )

    def told(self, uuid: UUID, change: Lifecycle) -> DomainLifecycle:
        """The lifecycle event of a domain, once it comes."""

        def fits(event: AnyEvent) -> bool:
            return (
                isinstance(event, DomainLifecycle) and event.uuid == uuid and event.change is change
            )

        event = self.subscriber.event(fits)
        assert isinstance(event, DomainLifecycle)
        return event

    def told_of(self, uuid: UUID, kind: type[AnyEvent]) -> AnyEvent:
        """The event of a kind about a domain, once it comes."""
        return self.subscriber.event(lambda event: isinstance(event, kind) and event.uuid == uuid)

    def is_idle(self) -> bool:
        """Whether it runs no request and holds no slot."""
        report = self.client.call(self.route, agent_operations.GetStatus())
        return report.running == 0 and report.slots == ()

    def clean_up(self) -> None:
        """Remove the domains that the suite made."""
        for record in self.client.call(self.route, domain.ListDomains()).domains:
            if record.name.startswith(PREFIX):
                self._remove(record)

    def _remove(self, record: DomainRecord) -> None:
        requests: list[Request[None]] = []
        if record.active:
            requests.append(domain.Destroy(domain=record.uuid))
        if record.persistent:
            requests.append(domain.Undefine(domain=record.uuid))
        for request in requests:
            try:
                self.call(request)
            except StateError:
                continue  # it ended by itself meanwhile


def _name(request: type[Request[Any]]) -> str:
    return BY_REQUEST[request].name


def start(harness: Harness, bus: Bus) -> UnderTest:
    """Start broker and agent, and wait until they serve."""
    if harness.prepare is not None:
        harness.prepare(bus.directory)
    bus.start_broker()
    agent = bus.start_agent(harness.package, routes=[harness.route], settings=harness.settings)
    return UnderTest(harness, bus, agent)


def settle(agent: UnderTest) -> None:
    """Wait until nothing runs at the agent; fails if something is left over."""
    end = time.monotonic() + 15.0
    while not agent.is_idle():
        assert time.monotonic() < end, "a request or a slot is left over at the agent"
        time.sleep(0.01)
