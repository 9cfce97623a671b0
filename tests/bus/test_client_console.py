"""Consoles: bytes both ways, with bounds, and an end that has a reason."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S, Bus, running_bus
from tests.bus.client_peers import VM, ScriptedAgent, place, scripted_agent, start_test_agent
from virtbus.errors import AgentGone, DeadlineExceeded, InvalidState, NotConnected
from virtbus.operations import domain as domain_ops
from virtbus.wire.frames import (
    MIN_DATA_COST_BYTES,
    STREAM_WINDOW_BYTES,
    VERSION,
    Header,
    Kind,
    encode_header,
)


@pytest.fixture
def bus() -> Iterator[Bus]:
    with running_bus() as made:
        yield made


@pytest.fixture
def conn(bus: Bus) -> Iterator[virtbus.Connection]:
    with virtbus.connect(ROUTE, endpoint=place(bus)) as made:
        yield made


def opens(me: ScriptedAgent, asked: Header, _: bytes) -> None:
    me.reply(asked, name="stream")


@pytest.fixture
def agent(bus: Bus) -> Iterator[ScriptedAgent]:
    with scripted_agent(bus) as made:
        made.answers["domain.open_console"] = opens
        yield made


def console_of(conn: virtbus.Connection) -> virtbus.Console:
    return conn.domain_of(conn.call(domain_ops.GetRecord(domain=VM))).open_console()


def send(agent: ScriptedAgent, kind: Kind, *rest: bytes, name: str = "", number: int = 0) -> None:
    """A stream message about the newest request, from the agent's thread."""
    ticket = next(h.ticket for h in reversed(agent.heard) if h.kind == Kind.REQUEST)
    header = encode_header(Header(VERSION, kind, name=name, number=number, ticket=ticket))
    agent.do(lambda: agent.peer.socket.send_multipart([header, *rest]))


def test_a_real_guest_console_greets_and_echoes(bus: Bus, conn: virtbus.Connection) -> None:
    start_test_agent(bus)
    (domain,) = conn.list_domains()
    with domain.open_console() as console:
        seen = b""
        console.write(b"hello\n")
        while b"hello" not in seen:
            seen += console.read(timeout_s=WAIT_S)
    assert console.reason == "finished"
    with pytest.raises(InvalidState):
        console.write(b"x")


def test_one_thread_reads_while_another_writes(conn: virtbus.Connection, bus: Bus) -> None:
    start_test_agent(bus)
    (domain,) = conn.list_domains()
    sent = b"".join(b"line %d\n" % number for number in range(3000))
    with domain.open_console() as console:
        console.read(timeout_s=WAIT_S)
        writer = threading.Thread(target=console.write, args=(sent,), daemon=True)
        writer.start()
        echoed = b""
        while len(echoed) < len(sent):
            echoed += console.read(timeout_s=WAIT_S)
        writer.join(WAIT_S)
    assert echoed == sent


def test_reading_has_an_end(conn: virtbus.Connection, agent: ScriptedAgent) -> None:
    with console_of(conn) as console, pytest.raises(DeadlineExceeded):
        console.read(timeout_s=0.1)
    assert console.reason == "finished"


def test_writing_waits_for_the_guest_to_read(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with console_of(conn) as console:
        console.write(b"x" * STREAM_WINDOW_BYTES)
        with pytest.raises(DeadlineExceeded):
            console.write(b"x", timeout_s=0.1)
        send(agent, Kind.CREDIT, number=MIN_DATA_COST_BYTES)
        console.write(b"x" * 10, timeout_s=WAIT_S)
        with pytest.raises(DeadlineExceeded):
            console.write(b"x", timeout_s=0.1)


def test_an_agent_that_leaves_ends_it_with_an_error_after_its_last_bytes(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with console_of(conn) as console:
        send(agent, Kind.DATA, b"", b"last words")
        time.sleep(0.1)
        agent.stop()
        assert console.read(timeout_s=WAIT_S) == b"last words"
        with pytest.raises(AgentGone):
            console.read(timeout_s=WAIT_S)
        assert console.reason == "agent_gone"


def test_an_end_without_error_ends_the_iteration(
    conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with console_of(conn) as console:
        send(agent, Kind.DATA, b"", b"abc")
        send(agent, Kind.END, name="finished")
        assert b"".join(console) == b"abc"


def test_the_brokers_death_ends_it(
    bus: Bus, conn: virtbus.Connection, agent: ScriptedAgent
) -> None:
    with console_of(conn) as console:
        bus.broker.kill()
        with pytest.raises(NotConnected):
            console.read(timeout_s=WAIT_S)
        assert console.reason == "disconnected"


def test_the_same_with_asyncio(bus: Bus) -> None:
    start_test_agent(bus)

    async def scenario() -> None:
        async with await virtbus.aio.connect(ROUTE, endpoint=place(bus)) as conn:
            (domain,) = await conn.list_domains()
            async with await domain.open_console() as console:
                await console.write(b"ping\n")
                seen = b""
                async for data in console:
                    seen += data
                    if b"ping\n" in seen:
                        break
                big = b"y" * 700_000
                reader = asyncio.create_task(read_all(console, len(big)))
                await console.write(big)
                assert await reader == big
            bus.agents[-1].kill()

    async def read_all(console: virtbus.aio.Console, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += await console.read(timeout_s=WAIT_S)
        return found

    asyncio.run(asyncio.wait_for(scenario(), 30))
