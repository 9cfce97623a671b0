"""Agents that die, stop, come back and compete."""

import os
import signal
import time

from tests.bus.broker_process import ROUTE, RawPeer, next_presence, running_bus
from virtbus.errors import ErrorBody
from virtbus.wire.frames import VERSION, Header, Kind, decode_body
from virtbus.wire.sockets import HEARTBEAT_MS

OTHER = "test:///other"


def start_call(client: RawPeer, route: str = ROUTE) -> None:
    """A request that the small agent never answers."""
    header = Header(VERSION, Kind.REQUEST, os.urandom(16), route, "domain.start", 60_000)
    client.say(header, b"\x80")


def test_a_killed_agents_requests_are_answered_and_its_absence_is_told_at_once() -> None:
    with running_bus() as bus:
        agent = bus.agent_process()
        client, subscriber = bus.peer(), bus.subscriber(f"{ROUTE} presence")
        for _ in range(20):
            start_call(client)
        assert client.ask(Kind.PING)[0].kind == Kind.PONG
        agent.kill()
        agent.wait()
        dead_s = time.monotonic()
        assert {client.hear_error().code for _ in range(20)} == {"agent_gone"}
        assert next_presence(subscriber).state == "absent"
        assert time.monotonic() - dead_s < 0.5
        client.request()
        assert client.hear_error().code == "no_such_agent"
        assert client.ask(Kind.SNAPSHOT)[0].kind == Kind.ERROR
        status = client.status()
        assert [gone.pid for gone in status.recently_gone] == [agent.pid]
        assert status.in_flight == 0


def test_the_waiting_agent_gets_the_route_when_the_first_is_killed() -> None:
    with running_bus() as bus:
        first = bus.agent_process()
        second, client = bus.peer(), bus.peer()
        assert second.hello(id=b"B" * 16)[0].kind == Kind.ERROR
        client.request()
        assert client.hear()[0].kind == Kind.REPLY
        first.kill()
        first.wait()
        deadline_s = time.monotonic() + 1
        while second.hello(id=b"B" * 16)[0].kind != Kind.WELCOME:
            assert time.monotonic() < deadline_s
        id = client.request()
        assert second.hear()[0].id == id


def test_many_agents_come_and_go_on_the_same_descriptors() -> None:
    with running_bus() as bus:
        client = bus.peer()
        for turn in range(50):
            agent = bus.peer()
            route = f"test:///{turn}"
            assert agent.hello(route, id=b"%016d" % turn)[0].kind == Kind.WELCOME
            id = client.request(route)
            assert agent.hear()[0].id == id
            agent.socket.close(0)
            assert client.hear_error().code == "agent_gone"
        assert client.status().agents == ()


def wait_for_state(client: RawPeer, state: str) -> None:
    until_s = time.monotonic() + 5 * HEARTBEAT_MS / 1000
    while True:
        agents = {agent.routes[0]: agent.state for agent in client.status().agents}
        assert agents[OTHER] == "present"
        if agents[ROUTE] == state:
            return
        assert time.monotonic() < until_s, agents
        time.sleep(0.05)


def test_a_stopped_agent_is_unresponsive_and_nobody_else_is_touched() -> None:
    with running_bus() as bus:
        stopped = bus.agent_process()
        bus.agent_process(OTHER, id="b" * 16)
        subscriber = bus.subscriber(f"{ROUTE} presence")
        waiting, client = bus.peer(), bus.peer()
        stopped.send_signal(signal.SIGSTOP)
        id = waiting.request(deadline_ms=60_000)
        begin_s = time.monotonic()
        for _ in range(200):
            client.request(OTHER)
            assert client.hear()[0].kind == Kind.REPLY
        assert time.monotonic() - begin_s < 2
        assert client.ask(Kind.READ, "state/domain/a")[0].kind == Kind.REPLY
        wait_for_state(client, "unresponsive")
        assert next_presence(subscriber).state == "unresponsive"
        stopped.send_signal(signal.SIGCONT)
        assert waiting.hear()[0].id == id
        assert next_presence(subscriber).state == "present"
        wait_for_state(client, "present")


def test_a_stopped_agents_queue_is_bounded_and_then_it_is_overloaded_at_once() -> None:
    with running_bus() as bus:
        bus.agent_process().send_signal(signal.SIGSTOP)
        codes, clients = set[str](), [bus.peer() for _ in range(12)]
        body = b"x" * 2000
        for client in clients:
            for _ in range(250):
                header = Header(VERSION, Kind.REQUEST, os.urandom(16), ROUTE, "domain.list", 60_000)
                client.say(header, body)
            client.say(Header(VERSION, Kind.PING))
            while (heard := client.hear())[0].kind != Kind.PONG:
                assert heard[0].kind == Kind.ERROR
                codes.add(decode_body(heard[1][0], ErrorBody).code)
        assert codes == {"overloaded"}
        assert bus.broker.pss_kib < 40 * 1024


def test_streams_end_with_their_agent() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(), bus.peer()
        agent.hello()
        id = client.request()
        ticket = agent.hear()[0].ticket
        agent.say(Header(VERSION, Kind.REPLY, name="stream", ticket=ticket), b"")
        agent.say(Header(VERSION, Kind.DATA, ticket=ticket), b"", b"x" * 65_536)
        assert client.hear()[0].name == "stream"
        assert client.hear() == (Header(VERSION, Kind.DATA, id), [b"", b"x" * 65_536])
        agent.socket.close(0)
        assert client.hear()[0] == Header(VERSION, Kind.END, id, name="agent_gone")


def test_streams_end_with_their_client() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(), bus.peer()
        agent.hello()
        client.request()
        ticket = agent.hear()[0].ticket
        agent.say(Header(VERSION, Kind.REPLY, name="stream", ticket=ticket), b"")
        assert client.hear()[0].name == "stream"
        client.socket.close(0)
        assert agent.hear()[0] == Header(VERSION, Kind.END, name="client_gone", ticket=ticket)
