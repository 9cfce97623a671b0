"""Event streams of the SDK: in order, nothing missing that is not told."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S, Bus, running_bus
from tests.bus.client_peers import ScriptedAgent, place, scripted_agent, start_test_agent
from virtbus import EventsLost, EventStream, RouteChanged, RouteState
from virtbus.errors import NotConnected
from virtbus.operations.event import DomainLifecycle, DomainReboot, Event, Lifecycle

XML = (
    "<domain type='test'><name>{}</name><memory unit='KiB'>1024</memory>"
    "<os><type>hvm</type></os></domain>"
)


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


def numbers(stream: EventStream, count: int) -> list[int]:
    """The numbers of so many events; whatever else comes fails."""
    found = []
    for _ in range(count):
        item = stream.next(timeout_s=WAIT_S)
        assert isinstance(item, Event), item
        found.append(item.number)
    return found


def until_number(stream: EventStream, number: int) -> list[object]:
    """All items up to the event of that number."""
    items: list[object] = []
    while not (items and isinstance(items[-1], Event) and items[-1].number == number):
        item = stream.next(timeout_s=WAIT_S)
        assert item is not None, items
        items.append(item)
    return items


def test_events_from_now_on_come_in_order(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    agent.do(agent.emit)
    with conn.events() as stream:
        for change in (Lifecycle.STARTED, Lifecycle.SUSPENDED):
            agent.do(lambda change=change: agent.emit(change))  # type: ignore[misc]  # bound at once
        first, second = stream.next(timeout_s=WAIT_S), stream.next(timeout_s=WAIT_S)
        assert isinstance(first, DomainLifecycle)
        assert isinstance(second, DomainLifecycle)
        assert (first.change, first.number) == (Lifecycle.STARTED, 2)
        assert (second.change, second.number) == (Lifecycle.SUSPENDED, 3)
        assert stream.last_number == 3
        assert stream.next(timeout_s=0.05) is None


def test_another_kind_makes_no_gap(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    with conn.events() as stream:
        asked = len(agent.heard)
        for _ in range(20):
            agent.do(agent.put_network)
            agent.do(agent.emit)
        assert numbers(stream, 20) == list(range(1, 21))
        assert len(agent.heard) == asked, "nothing had to be asked again"


def test_events_since_a_number_come_from_the_journal_first(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    agent.do(lambda: agent.emit_lost(2500))
    with conn.events(after=100) as stream:
        agent.do(agent.emit)
        assert numbers(stream, 2401) == list(range(101, 2502))


def test_what_got_lost_on_the_way_is_asked_again_in_its_place(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.events() as stream:
        agent.do(agent.emit)
        agent.do(lambda: agent.emit(lost=True))
        agent.do(lambda: agent.emit(lost=True))
        agent.do(agent.emit)
        agent.do(agent.emit)
        assert numbers(stream, 5) == [1, 2, 3, 4, 5]


def test_what_the_journal_no_longer_has_is_told(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    agent.do(lambda: agent.emit_lost(10))
    agent.oldest_kept = 7
    with conn.events(after=2) as stream:
        assert stream.next(timeout_s=WAIT_S) == EventsLost(route=ROUTE, count=4)
        assert numbers(stream, 4) == [7, 8, 9, 10]


def test_a_journal_made_anew_is_told_and_read_from_its_start(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    agent.do(agent.emit)
    with conn.events(after=1000) as stream:
        assert stream.next(timeout_s=WAIT_S) == EventsLost(route=ROUTE, count=None)
        assert numbers(stream, 1) == [1]


def test_kinds_let_pass_what_was_asked_for(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    with conn.events(kinds=[DomainReboot], timeout_s=0.2) as stream:
        agent.do(agent.emit)
        assert list(stream) == []
        assert stream.last_number == 1


def test_an_agent_that_goes_and_comes_is_told(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.events() as stream:
        agent.do(agent.emit)
        assert numbers(stream, 1) == [1]
        agent.stop()
        gone = stream.next(timeout_s=WAIT_S)
        assert isinstance(gone, RouteChanged)
        assert gone.state is RouteState.ABSENT
        with scripted_agent(bus, epoch=2) as again:
            again.journal = list(agent.journal)
            again.do(lambda: again.emit(lost=True))
            again.do(again.emit)
            items = until_number(stream, 3)
        assert [i.number for i in items if isinstance(i, Event)] == [2, 3]
        assert [i.state for i in items if isinstance(i, RouteChanged)] == [RouteState.PRESENT]


def test_an_absent_agent_is_told_from_the_start(bus: Bus) -> None:
    with virtbus.connect(ROUTE, endpoint=place(bus)) as conn, conn.events() as stream:
        absent = stream.next(timeout_s=WAIT_S)
        assert isinstance(absent, RouteChanged)
        assert absent.state is RouteState.ABSENT
        with scripted_agent(bus) as agent:
            agent.do(agent.emit)
            present = stream.next(timeout_s=WAIT_S)
            assert isinstance(present, RouteChanged)
            assert present.state is RouteState.PRESENT
            assert numbers(stream, 1) == [1]


def test_the_brokers_death_is_told_and_nothing_is_lost_over_it(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.events() as stream:
        agent.do(agent.emit)
        assert numbers(stream, 1) == [1]
        bus.broker.kill()
        lost = stream.next(timeout_s=WAIT_S)
        assert isinstance(lost, RouteChanged)
        assert lost.state is RouteState.DISCONNECTED
        agent.do(lambda: agent.emit(lost=True))
        bus.broker.start()
        agent.do(agent.emit)
        items = until_number(stream, 3)
        assert [i.number for i in items if isinstance(i, Event)] == [2, 3]


def test_a_reader_who_falls_far_behind_gets_all_from_the_journal(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    count = 60_000

    def flood() -> None:
        for _ in range(count):
            agent.emit()
        agent.oldest_kept = count - 500

    with conn.events() as stream:
        agent.do(flood)
        items = until_number(stream, count)
    told = [item.count or 0 for item in items if isinstance(item, EventsLost)]
    events = [item.number for item in items if isinstance(item, Event)]
    assert events == sorted(set(events))
    assert sum(told) > 0
    assert len(events) + sum(told) == count


def test_no_broker_is_told(bus: Bus, conn: virtbus.Connection) -> None:
    bus.broker.kill()
    with pytest.raises(NotConnected):
        conn.events().start(deadline_s=0.2)


def test_closing_from_another_thread_ends_the_iteration(conn: virtbus.Connection) -> None:
    stream = conn.events()
    stream.start()
    items: list[object] = []
    thread = threading.Thread(target=lambda: items.extend(stream), daemon=True)
    thread.start()
    time.sleep(0.05)
    conn.close()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert items == []


def test_a_journal_made_anew_is_noticed_even_if_it_is_longer(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with conn.events() as stream:
        agent.do(agent.emit)
        assert numbers(stream, 1) == [1]
        agent.stop()
        with scripted_agent(bus, epoch=2) as other:
            for _ in range(3):
                other.do(lambda: other.emit(Lifecycle.CRASHED))
            items = until_number(stream, 3)
    assert EventsLost(route=ROUTE, count=None) in items
    assert [i.number for i in items if isinstance(i, Event)] == [1, 2, 3]


def test_events_survive_both_ends_of_a_real_agent(bus: Bus) -> None:
    """The real test-agent is killed, whose journal lives in memory, then the broker."""

    async def scenario() -> list[object]:
        found: list[object] = []

        async def watch(stream: virtbus.aio.EventStream) -> None:
            async for item in stream:
                found.append(item)  # noqa: PERF401  # looked at meanwhile

        async def until(name: str) -> None:
            async with asyncio.timeout(WAIT_S):
                while not any(isinstance(i, Event) and i.name == name for i in found):
                    await asyncio.sleep(0.02)

        async with (
            await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn,
            conn.events() as stream,
        ):
            watcher = asyncio.create_task(watch(stream))
            await conn.define_domain(XML.format("one"))
            await until("one")
            agent = bus.agents[-1]
            agent.kill()
            agent.wait(WAIT_S)
            await asyncio.to_thread(start_test_agent, bus)
            await conn.define_domain(XML.format("two"))
            await until("two")
            bus.broker.kill()
            await asyncio.to_thread(bus.broker.start)
            await conn.define_domain(XML.format("three"))
            await until("three")
            await stream.close()
            await watcher
        return found

    start_test_agent(bus)
    found = asyncio.run(asyncio.wait_for(scenario(), 60))
    states = [item.state for item in found if isinstance(item, RouteChanged)]
    assert states[:2] == [RouteState.ABSENT, RouteState.PRESENT]
    assert RouteState.DISCONNECTED in states
    assert states[-1] is RouteState.PRESENT
    anew = found.index(EventsLost(route=ROUTE, count=None))
    before, after = found[:anew], found[anew:]
    assert [item.name for item in before if isinstance(item, Event)] == ["one"]
    numbers = [item.number for item in after if isinstance(item, Event)]
    assert numbers == list(range(1, len(numbers) + 1))
