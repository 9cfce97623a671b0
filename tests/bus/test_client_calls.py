"""Requests and replies of the SDK, through a real broker, with its faults."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S, Bus, running_bus
from tests.bus.client_peers import VM, ScriptedAgent, place, record, scripted_agent
from virtbus.errors import (
    AgentGone,
    Cancelled,
    DeadlineExceeded,
    InvalidArgument,
    NoSuchAgent,
    NotConnected,
    ProtocolMismatch,
    VirtbusError,
)
from virtbus.operations import domain as domain_ops
from virtbus.operations.domain import DomainList
from virtbus.operations.records import State
from virtbus.wire.frames import Header, Kind


@pytest.fixture
def bus() -> Iterator[Bus]:
    with running_bus() as made:
        yield made


@pytest.fixture
def agent(bus: Bus) -> Iterator[ScriptedAgent]:
    with scripted_agent(bus) as made:
        made.answers["domain.list"] = lambda me, asked, _: me.reply(
            asked, DomainList(domains=(record(),))
        )
        made.answers["domain.suspend"] = lambda me, asked, _: me.reply(asked)
        yield made


@pytest.fixture
def conn(bus: Bus, agent: ScriptedAgent) -> Iterator[virtbus.Connection]:
    with virtbus.connect(ROUTE, endpoint=place(bus)) as made:
        yield made


def heard(agent: ScriptedAgent, kind: Kind, name: str = "", count: int = 1) -> list[Header]:
    """What the agent was told, as soon as it is so much."""
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        found = [h for h in agent.heard if h.kind == kind and h.name in ("", name)]
        if len(found) >= count:
            return found
        time.sleep(0.005)
    raise AssertionError(f"the agent has heard {agent.heard}")


def outcome(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run a call in a thread of its own; the list gets its result or error."""
    result: list[object] = []

    def run() -> None:
        try:
            result.append(call())
        except VirtbusError as error:
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, result


def test_replies_come_as_objects_and_published_state_needs_no_agent(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    (domain,) = conn.list_domains()
    assert (domain.name, domain.uuid, domain.record.state) == ("vm", VM, State.RUNNING)
    asked = len(agent.heard)
    assert domain.get_state().reason == "booted"
    assert domain.get_autostart() is False
    assert domain.refresh().record == record()
    assert len(agent.heard) == asked
    domain.suspend()
    assert conn.call(domain_ops.Suspend(domain=VM)) is None
    assert repr(domain) == f"<Domain vm {VM} running>"
    assert {domain, *conn.list_domains()} == {domain}


def test_what_the_broker_does_not_have_is_asked_of_the_agent(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    state = domain_ops.DomainState(state=State.SHUTOFF, reason="asked")
    agent.answers["domain.get_state"] = lambda me, asked, _: me.reply(asked, state)
    assert conn.call(domain_ops.GetState(domain=UUID(int=99))) == state


def test_streams_are_opened_by_their_method(conn: virtbus.Connection) -> None:
    with pytest.raises(InvalidArgument):
        conn.call(domain_ops.OpenConsole(domain=VM))


def test_an_answer_of_the_wrong_type_is_told(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    agent.answers["domain.list"] = lambda me, asked, _: me.reply(asked, {"domains": 3})
    with pytest.raises(ProtocolMismatch):
        conn.list_domains()


def test_no_broker_is_told_within_the_deadline(tmp_path: Path) -> None:
    started_s = time.monotonic()
    with pytest.raises(NotConnected, match="virtbus-broker running"):
        virtbus.connect(ROUTE, endpoint=str(tmp_path), connect_s=0.3)
    assert 0.2 < time.monotonic() - started_s < 2

    async def connect() -> None:
        await virtbus.aio.connect(ROUTE, endpoint=str(tmp_path), connect_s=0.3)

    with pytest.raises(NotConnected):
        asyncio.run(connect())


def test_no_agent_is_told_at_once_with_those_present(bus: Bus, agent: ScriptedAgent) -> None:
    with (
        virtbus.connect("esx://host/", endpoint=place(bus)) as conn,
        pytest.raises(NoSuchAgent) as caught,
    ):
        conn.list_domains()
    assert caught.value.details["present"] == [ROUTE]


def test_a_silent_agent_costs_the_deadline_and_is_told(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    started_s = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        conn.call(domain_ops.Start(domain=VM), deadline_s=0.3)
    assert 0.25 < time.monotonic() - started_s < 2
    (request,) = heard(agent, Kind.REQUEST, "domain.start")
    assert 0 < request.number <= 300
    (cancel,) = heard(agent, Kind.CANCEL)
    assert cancel.ticket == request.ticket


def test_an_agent_that_leaves_is_told_at_once(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    thread, result = outcome(lambda: conn.call(domain_ops.Start(domain=VM)))
    heard(agent, Kind.REQUEST, "domain.start")
    agent.stop()
    thread.join(WAIT_S)
    assert isinstance(result[0], AgentGone)


def test_calls_in_flight_survive_the_broker_with_their_ids(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    thread, result = outcome(lambda: conn.call(domain_ops.Suspend(domain=VM), deadline_s=20))
    thread.join(WAIT_S)
    del agent.answers["domain.suspend"]
    waiting, late = outcome(lambda: conn.call(domain_ops.Suspend(domain=VM), deadline_s=20))
    before = heard(agent, Kind.REQUEST, "domain.suspend", 2)[-1]
    bus.broker.kill()
    agent.answers["domain.suspend"] = lambda me, asked, _: me.reply(asked)
    bus.broker.start()
    waiting.join(20)
    after = heard(agent, Kind.REQUEST, "domain.suspend", 3)[-1]
    assert (result, late) == ([None], [None])
    assert after.id == before.id


def test_asyncio_calls_in_flight_survive_the_broker_too(bus: Bus, agent: ScriptedAgent) -> None:
    del agent.answers["domain.suspend"]

    async def scenario() -> None:
        async with await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn:
            calls = [
                asyncio.create_task(conn.call(domain_ops.Suspend(domain=VM), deadline_s=20))
                for _ in range(10)
            ]
            await asyncio.to_thread(heard, agent, Kind.REQUEST, "domain.suspend", 10)
            before = {header.id for header in agent.heard}
            await asyncio.to_thread(bus.broker.kill)
            agent.answers["domain.suspend"] = lambda me, asked, _: me.reply(asked)
            await asyncio.to_thread(bus.broker.start)
            assert await asyncio.gather(*calls) == [None] * 10
            again = await asyncio.to_thread(heard, agent, Kind.REQUEST, "domain.suspend", 20)
            assert {header.id for header in again} == before

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_a_call_made_while_the_broker_is_away_waits_for_it(
    bus: Bus, conn: virtbus.Connection
) -> None:
    conn.ping()
    bus.broker.kill()
    thread, result = outcome(lambda: conn.ping(deadline_s=20))
    time.sleep(0.2)
    assert result == []
    bus.broker.start()
    thread.join(20)
    assert result == [None]


def test_a_cancelled_task_takes_its_call_back(bus: Bus, agent: ScriptedAgent) -> None:
    async def scenario() -> None:
        async with await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn:
            task = asyncio.create_task(conn.call(domain_ops.Start(domain=VM)))
            await asyncio.to_thread(heard, agent, Kind.REQUEST, "domain.start")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(heard, agent, Kind.CANCEL)

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_token_ends_calls_from_another_thread(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    token = virtbus.CancelToken()

    def call() -> None:
        with token:
            conn.call(domain_ops.Start(domain=VM))

    thread, result = outcome(call)
    heard(agent, Kind.REQUEST, "domain.start")
    token.cancel()
    thread.join(WAIT_S)
    assert isinstance(result[0], Cancelled)
    heard(agent, Kind.CANCEL)
    token.cancel()


def test_ctrl_c_takes_the_call_back(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    def interrupt() -> None:
        heard(agent, Kind.REQUEST, "domain.start")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        conn.call(domain_ops.Start(domain=VM), deadline_s=20)
    heard(agent, Kind.CANCEL)
    conn.ping()


def test_closing_ends_calls_of_other_threads(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    thread, result = outcome(lambda: conn.call(domain_ops.Start(domain=VM), deadline_s=20))
    heard(agent, Kind.REQUEST, "domain.start")
    conn.close()
    thread.join(WAIT_S)
    assert isinstance(result[0], Cancelled)
    with pytest.raises(NotConnected):
        conn.ping()


def test_threads_share_a_connection_and_leave_nothing_behind(conn: virtbus.Connection) -> None:
    conn.ping()
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        running = [outcome(lambda: [conn.list_domains() for _ in range(20)]) for _ in range(8)]
        for thread, result in running:
            thread.join(WAIT_S)
            assert len(result) == 1
            assert isinstance(result[0], list)
    until_s = time.monotonic() + WAIT_S
    while len(os.listdir("/proc/self/fd")) > files:
        assert time.monotonic() < until_s, "sockets of ended threads are still open"
        time.sleep(0.01)


def test_thousands_of_calls_at_once_take_their_turns(bus: Bus, agent: ScriptedAgent) -> None:
    async def scenario() -> None:
        async with await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn:
            lists = await asyncio.gather(*[conn.list_domains() for _ in range(2000)])
            assert all(len(domains) == 1 for domains in lists)

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_status_tells_who_is_there(bus: Bus, agent: ScriptedAgent) -> None:
    assert [known.routes for known in virtbus.status(place(bus)).agents] == [(ROUTE,)]
    with virtbus.connect(ROUTE, endpoint=place(bus), readonly=True) as conn:
        assert conn.status().pid == bus.broker.process.pid
