"""The live view of all domains."""

import asyncio
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S, Bus, running_bus
from tests.bus.client_peers import VM, ScriptedAgent, place, record, scripted_agent
from virtbus import RouteState
from virtbus.errors import DeadlineExceeded, NotConnected
from virtbus.operations.records import State
from virtbus.wire.frames import VERSION, Header, Kind, encode_body

OTHER = UUID(int=8)


@pytest.fixture
def bus() -> Iterator[Bus]:
    with running_bus() as made:
        yield made


@pytest.fixture
def agent(bus: Bus) -> Iterator[ScriptedAgent]:
    with scripted_agent(bus) as made:
        yield made


@pytest.fixture
def conn(bus: Bus, agent: ScriptedAgent) -> Iterator[virtbus.Connection]:
    with virtbus.connect(ROUTE, endpoint=place(bus)) as made:
        yield made


def test_it_follows_without_asking(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    live = conn.live_domains()
    assert live.fresh
    assert (live["vm"].uuid, live[VM].name, len(live)) == (VM, "vm", 1)
    agent.do(lambda: agent.put(record("new", OTHER), OTHER))
    live.wait_for(lambda view: "new" in view, timeout_s=WAIT_S)
    agent.do(lambda: agent.put(None))
    live.wait_for(lambda view: VM not in view, timeout_s=WAIT_S)
    assert ([domain.name for domain in live.values()], live.resyncs) == (["new"], 0)
    assert agent.heard == []
    with pytest.raises(KeyError):
        live["vm"]


def test_a_gap_is_made_good_by_a_snapshot_and_counted(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.live_domains() as live:
        agent.do(lambda: agent.put(record("lost", OTHER), OTHER, lost=True))
        agent.do(agent.sync)
        agent.do(lambda: agent.put(record(state=State.PAUSED)))
        live.wait_for(lambda view: view[VM].record.state is State.PAUSED, timeout_s=WAIT_S)
        live.wait_for(lambda view: "lost" in view and view.fresh, timeout_s=WAIT_S)


def test_a_lost_last_publication_is_noticed(
    conn: virtbus.Connection, agent: ScriptedAgent, bus: Bus
) -> None:
    """A SYNC brings the broker a number that no subscriber was told of."""
    with conn.live_domains() as live:
        agent.do(lambda: agent.put(record("lost", OTHER), OTHER, lost=True))
        agent.do(agent.sync)
        live.wait_for(lambda view: "lost" in view, timeout_s=WAIT_S)


def test_another_kind_makes_no_gap(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    for _ in range(50):
        agent.do(agent.put_network)
    with conn.live_domains() as live:
        for number in range(20):
            agent.do(agent.put_network)
            agent.do(lambda name=f"n{number}": agent.put(record(name, OTHER), OTHER))  # type: ignore[misc]  # bound at once
        live.wait_for(lambda view: "n19" in view, timeout_s=WAIT_S)
        agent.do(agent.sync_networks)
        agent.do(lambda: agent.put(None))
        live.wait_for(lambda view: VM not in view and view.fresh, timeout_s=WAIT_S)
        assert (live.resyncs, live["n19"].uuid) == (0, OTHER)


def test_a_change_of_another_kind_is_not_waited_for(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    def cancel(me: ScriptedAgent, asked: Header, _: bytes) -> None:
        header = Header(VERSION, Kind.REPLY, number=10_000, ticket=asked.ticket, epoch=me.epoch)
        me.peer.say(header, encode_body(value=True))

    agent.answers["agent.cancel_request"] = cancel
    with conn.live_domains() as live:
        assert conn.cancel_request("00" * 16)
        live.caught_up(timeout_s=WAIT_S)


def test_own_changes_are_seen_before_anything_else(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    def suspend(me: ScriptedAgent, asked: object, _: bytes) -> None:
        me.put(record(state=State.PAUSED))
        me.reply(asked)  # type: ignore[arg-type]  # a header

    agent.answers["domain.suspend"] = suspend
    agent.answers["domain.resume"] = lambda me, asked, _: (me.put(record()), me.reply(asked))[1]  # type: ignore[func-returns-value]  # both are done
    with conn.live_domains() as live:
        for _ in range(50):
            live["vm"].suspend()
            live.caught_up()
            assert live["vm"].record == record(state=State.PAUSED)
            live["vm"].resume()
            live.wait_for(lambda view: True)
            assert live["vm"].record == record()


def test_changes_of_one_domain_between_two_turns_are_one(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.live_domains() as live:
        turns = live.changes(timeout_s=WAIT_S)
        agent.do(lambda: agent.put(record(state=State.PAUSED)))
        assert next(turns) == {VM}
        for number in range(3):
            agent.do(lambda name=f"n{number}": agent.put(record(name, OTHER), OTHER))  # type: ignore[misc]  # bound at once
        live.wait_for(lambda view: "n2" in view, timeout_s=WAIT_S)
        assert next(turns) == {OTHER}


def test_an_absent_agent_leaves_the_last_known_and_says_so(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.live_domains() as live:
        agent.stop()
        live.wait_for(lambda view: view.presence is RouteState.ABSENT, timeout_s=WAIT_S)
        assert not live.fresh
        assert "vm" in live
        with scripted_agent(bus, epoch=2) as again:
            again.do(lambda: again.put(record("after", OTHER), OTHER))
            live.wait_for(lambda view: view.fresh and "after" in view, timeout_s=WAIT_S)


def test_it_opens_without_an_agent_and_fills_when_one_comes(bus: Bus) -> None:
    with virtbus.connect(ROUTE, endpoint=place(bus)) as conn, conn.live_domains() as live:
        assert (len(live), live.fresh, live.presence) == (0, False, RouteState.ABSENT)
        with scripted_agent(bus):
            live.wait_for(lambda view: view.fresh, timeout_s=WAIT_S)
            assert "vm" in live


def test_the_brokers_death_is_seen_and_outlived(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.live_domains() as live:
        bus.broker.kill()
        live.wait_for(lambda view: view.presence is RouteState.DISCONNECTED, timeout_s=WAIT_S)
        assert not live.fresh
        assert "vm" in live
        bus.broker.start()
        live.wait_for(lambda view: view.fresh and "vm" in view, timeout_s=WAIT_S)


def test_no_broker_is_told(bus: Bus, conn: virtbus.Connection) -> None:
    bus.broker.kill()
    threads = threading.active_count()
    with pytest.raises(NotConnected):
        conn.live_domains(deadline_s=0.3)
    assert threading.active_count() == threads


def test_waiting_has_an_end(conn: virtbus.Connection) -> None:
    with conn.live_domains() as live:
        started_s = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            live.wait_for(lambda view: False, timeout_s=0.2)
        assert time.monotonic() - started_s < 2


def test_closing_the_connection_ends_the_views_thread(conn: virtbus.Connection) -> None:
    before = threading.active_count()
    live = conn.live_domains()
    assert threading.active_count() == before + 1
    conn.close()
    assert threading.active_count() == before
    assert "vm" in live


def test_the_same_with_asyncio(bus: Bus, agent: ScriptedAgent) -> None:
    async def scenario() -> None:
        async with (
            await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn,
            await conn.live_domains() as live,
        ):
            assert live["vm"].record == record()
            turns = live.changes(timeout_s=WAIT_S)
            await asyncio.to_thread(agent.do, lambda: agent.put(record(state=State.PAUSED)))
            assert await anext(turns) == {VM}
            assert live[VM].record.state is State.PAUSED
            await asyncio.to_thread(agent.do, lambda: agent.put(None))
            await live.wait_for(lambda view: not view)

    asyncio.run(asyncio.wait_for(scenario(), 20))
