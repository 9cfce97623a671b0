"""Many clients, slow readers, and memory that stays where it was."""

import os
import time
from pathlib import Path

import zmq

from tests.bus.broker_process import ROUTE, Bus, RawPeer, running_bus
from virtbus.wire.frames import (
    VERSION,
    Header,
    Kind,
    decode_header,
    encode_header,
    split_index,
)
from virtbus.wire.sockets import Role, open_socket

CLIENTS = 1000
VALUES = 16_000


def publish(agent: RawPeer, number: int, value: bytes) -> None:
    header = Header(
        VERSION, Kind.PUBLISH, route=ROUTE, name="state/domain/a", number=number, epoch=1
    )
    agent.say(header, value)


def test_a_thousand_clients_that_connect_at_once_are_all_served() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(), bus.peer()
        agent.hello()
        agent.sync({"state/domain/a": b"x"})
        assert client.ask(Kind.READ, "state/domain/a")[1] == [b"x"]
        before_kib = bus.broker.pss_kib
        crowd = [bus.peer("requests-ro") for _ in range(CLIENTS)]
        for one in crowd:
            one.say(Header(VERSION, Kind.READ, os.urandom(16), ROUTE, "state/domain/a"))
        for one in crowd:
            assert one.hear()[1] == [b"x"]
        assert (bus.broker.pss_kib - before_kib) / CLIENTS < 40
        for one in crowd:
            one.socket.close(0)
        assert client.ask(Kind.READ, "state/domain/a")[1] == [b"x"]


def test_a_subscriber_that_does_not_read_gets_a_gap_and_nobody_else_notices() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(role=Role.AGENT), bus.peer()
        agent.hello()
        agent.sync({})
        topic = f"{ROUTE} state/"
        slow, quick = bus.subscriber(topic, queue=10), bus.subscriber(topic)
        seen: list[int] = []
        value = b"v" * 1000
        for number in range(1, VALUES + 1):
            publish(agent, number, value)
            if number % 500 == 0:
                while len(seen) < number:
                    seen.append(decode_header(quick.recv_multipart()[1]).number)
        assert seen == list(range(1, VALUES + 1))
        assert client.ask(Kind.READ, "state/domain/a")[0].number == VALUES
        slow.rcvtimeo = 500
        got = []
        try:
            while True:
                got.append(decode_header(slow.recv_multipart()[1]).number)
        except zmq.Again:
            pass
        assert 0 < len(got) < VALUES
        assert got == list(range(1, len(got) + 1))
        publish(agent, VALUES + 1, value)
        assert decode_header(slow.recv_multipart()[1]).number == VALUES + 1
        assert bus.broker.pss_kib < 80 * 1024


def test_memory_does_not_grow_with_what_has_passed() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(role=Role.AGENT), bus.peer()
        agent.hello()
        agent.sync({"state/domain/a": b"x"})

        def pass_many(rounds: int) -> None:
            for _ in range(rounds):
                ids = [client.request() for _ in range(100)]
                for _ in ids:
                    agent.say(
                        Header(VERSION, Kind.REPLY, ticket=agent.hear()[0].ticket, epoch=1), b"y"
                    )
                assert sorted(client.hear()[0].id for _ in ids) == sorted(ids)
                client.say(Header(VERSION, Kind.REQUEST, b"short id"))
                for _ in range(20):
                    client.ask(Kind.READ, "state/domain/a")
                    client.socket.send_multipart([os.urandom(30), b"x"])

        pass_many(10)
        before_kib = bus.broker.pss_kib
        pass_many(100)
        assert bus.broker.pss_kib - before_kib < 1024
        assert client.status().in_flight == 0


def test_a_client_that_does_not_read_its_replies_loses_them_alone() -> None:
    with running_bus() as bus:
        agent, other = bus.peer(), bus.peer()
        agent.hello()
        agent.sync({"state/domain/a": b"x" * 1000})
        lazy = open_socket(bus.context, Role.CLIENT)
        bus.keep(lazy)
        lazy.rcvhwm = 10
        lazy.connect(f"ipc://{bus.broker.run_dir}/requests-ro")
        read = encode_header(Header(VERSION, Kind.READ, b"i" * 16, ROUTE, "state/domain/a"))
        for number in range(5000):
            lazy.send_multipart([read])
            if number % 100 == 0:
                assert other.ask(Kind.PING)[0].kind == Kind.PONG
        while (dropped := other.status().dropped).get("peer_slow", 0) < 1000:
            assert set(dropped) <= {"peer_slow"}
        assert bus.broker.pss_kib < 40 * 1024


def test_large_snapshots_that_are_not_read_are_held_once() -> None:
    with running_bus() as bus:
        agent, other = bus.peer(), bus.peer()
        agent.hello()
        values = {f"state/domain/{number}": os.urandom(1000) for number in range(2000)}
        agent.sync(values)
        index, blob = other.ask(Kind.SNAPSHOT, "state/domain/")[1]
        assert split_index(index, blob) == values
        before_kib = bus.broker.pss_kib
        lazy = open_socket(bus.context, Role.CLIENT)
        bus.keep(lazy)
        lazy.rcvhwm = 1
        lazy.connect(f"ipc://{bus.broker.run_dir}/requests-ro")
        ask = encode_header(Header(VERSION, Kind.SNAPSHOT, b"i" * 16, ROUTE, "state/domain/"))
        for _ in range(500):
            lazy.send_multipart([ask])
        while other.ask(Kind.PING)[0].kind == Kind.PONG and not is_quiet(bus):
            pass
        assert bus.broker.pss_kib - before_kib < 16 * 1024


def is_quiet(bus: Bus) -> bool:
    """Whether the broker used no CPU time in a tenth of a second."""
    stat = Path(f"/proc/{bus.broker.process.pid}/stat")
    before = stat.read_text().split()[13:15]
    time.sleep(0.1)
    return stat.read_text().split()[13:15] == before
