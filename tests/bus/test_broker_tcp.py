"""TCP: only with CURVE, only with a known key, only what its role was granted."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import zmq

from tests.bus.broker_process import ROUTE, WAIT_S, Bus, RawPeer, running_bus
from virtbus.errors import ErrorBody
from virtbus.wire.frames import VERSION, Header, Kind, decode_body, encode_header
from virtbus.wire.sockets import CurveKeys, Role, open_socket
from virtbus_broker.keys import read_keys

TRIES = 50


def free_ports() -> int:
    """A port that is free, as is the next one."""
    for _ in range(TRIES):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise OSError("no two free ports")


def client_keys(server: str) -> CurveKeys:
    public, secret = zmq.curve_keypair()
    return CurveKeys(public=public.decode(), secret=secret.decode(), server=server)


class RemoteBus:
    """A broker that serves TCP, with an operator and a viewer of domains in its roles file."""

    def __init__(self, bus: Bus, port: int, public: str, roles_file: Path) -> None:
        self.bus = bus
        self.port = port
        self.roles_file = roles_file
        self.operator, self.viewer, self.stranger = (client_keys(public) for _ in range(3))
        self.write_roles(self.operator, self.viewer)

    def write_roles(self, operator: CurveKeys, viewer: CurveKeys) -> None:
        self.roles_file.write_text(
            '[roles.operator]\nallow = ["read:*:*", "change:domain:*"]\n'
            f'[roles.viewer]\nallow = ["read:domain:{ROUTE}"]\n'
            f'[keys]\n"{operator.public}" = "operator"\n"{viewer.public}" = "viewer"\n'
        )

    def reread(self) -> None:
        self.bus.broker.process.send_signal(signal.SIGHUP)
        until_s = time.monotonic() + WAIT_S
        while "roles reread" not in self.bus.broker.log:
            assert time.monotonic() < until_s, self.bus.broker.log
            time.sleep(0.01)

    def peer(self, keys: CurveKeys) -> RawPeer:
        return self.bus.remote_peer(f"tcp://127.0.0.1:{self.port}", keys)

    def subscriber(self, keys: CurveKeys, *topics: bytes) -> "zmq.Socket[bytes]":
        subscriber = open_socket(self.bus.context, Role.SUBSCRIBER, curve=keys)
        self.bus.keep(subscriber)
        subscriber.rcvtimeo = int(WAIT_S * 1000)
        subscriber.connect(f"tcp://127.0.0.1:{self.port + 1}")
        for topic in (*topics, b"welcome " + os.urandom(16).hex().encode()):
            subscriber.subscribe(topic)
        return subscriber


def is_answered_again(peer: RawPeer) -> bool:
    """Ask until there is an answer: what is sent on a link that is ending is lost."""
    peer.socket.rcvtimeo = peer.socket.sndtimeo = 500
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        with suppress(zmq.Again):
            return peer.ask(Kind.PING)[0].kind == Kind.PONG
    return False


@contextmanager
def remote_bus(tmp_path: Path) -> Iterator[RemoteBus]:
    key_file, roles_file = tmp_path / "broker.key", tmp_path / "roles.toml"
    made = subprocess.run(
        [sys.executable, "-m", "virtbus_broker", "keygen", str(key_file)],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    assert made.stdout.strip() == read_keys(key_file).public
    roles_file.write_text("")
    port = free_ports()
    tcp = ("--tcp", f"tcp://127.0.0.1:{port}")
    files = ("--key-file", str(key_file), "--roles-file", str(roles_file))
    with running_bus(*tcp, *files) as bus:
        remote = RemoteBus(bus, port, made.stdout.strip(), roles_file)
        remote.reread()
        yield remote


def test_requests_are_stamped_with_key_and_role(tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        agent = remote.bus.peer()
        agent.hello()
        client = remote.peer(remote.operator)
        client.request()
        asked, _ = agent.hear()
        assert asked.sender == f"key={remote.operator.public[:8]} role=operator"
        assert asked.grants == "read:*:* change:domain:*"
        agent.say(Header(VERSION, Kind.REPLY, ticket=asked.ticket), b"answer")
        assert client.hear()[1] == [b"answer"]


def test_reads_and_updates_are_those_of_the_role(tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        agent = remote.bus.peer()
        agent.hello()
        agent.sync({"state/domain/a": b"x"})
        agent.sync({"state/network/n": b"y"}, kind="network")
        viewer = remote.peer(remote.viewer)
        assert viewer.ask(Kind.READ, "state/domain/a")[1] == [b"x"]
        for kind, key in ((Kind.READ, "state/network/n"), (Kind.SNAPSHOT, "")):
            header, frames = viewer.ask(kind, key)
            assert header.kind == Kind.ERROR
            assert decode_body(frames[0], ErrorBody).code == "not_allowed"
        topics = [b"", ROUTE.encode(), f"{ROUTE} ".encode(), f"{ROUTE} state/domain/".encode()]
        seen = {}
        for name, keys in (("viewer", remote.viewer), ("operator", remote.operator)):
            subscriber = remote.subscriber(keys, *topics)
            assert subscriber.recv_multipart()[0].startswith(b"welcome ")
            for number, key in enumerate(("state/network/n", "state/domain/a"), 2):
                publish = Header(
                    VERSION, Kind.PUBLISH, route=ROUTE, name=key, number=number, epoch=1
                )
                agent.socket.send_multipart([encode_header(publish), b"z"])
            seen[name] = subscriber.recv_multipart()[0]
        assert seen == {
            "viewer": f"{ROUTE} state/domain/a".encode(),
            "operator": f"{ROUTE} state/network/n".encode(),
        }
        assert viewer.status().dropped["subscription_not_allowed"] == 3


def test_an_agent_cannot_come_over_tcp(tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        assert remote.peer(remote.operator).hello()[0].kind == Kind.ERROR


def test_strangers_are_refused_at_the_handshake(tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        stranger = remote.peer(remote.stranger)
        stranger.socket.rcvtimeo = 300
        stranger.socket.sndtimeo = 300
        with pytest.raises(zmq.Again):
            stranger.ask(Kind.PING)
        assert f"refused key {remote.stranger.public}" in remote.bus.broker.log
        plain = remote.bus.remote_peer(f"tcp://127.0.0.1:{remote.port}", None)
        plain.socket.rcvtimeo = plain.socket.sndtimeo = 300
        with pytest.raises(zmq.Again):
            plain.ask(Kind.PING)
        assert remote.peer(remote.viewer).ask(Kind.PING)[0].kind == Kind.PONG


def test_a_key_that_is_taken_out_loses_its_links_and_the_others_come_back(tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        viewer, operator = remote.peer(remote.viewer), remote.peer(remote.operator)
        for peer in (viewer, operator):
            assert peer.ask(Kind.PING)[0].kind == Kind.PONG
        remote.write_roles(remote.operator, remote.stranger)
        count = remote.bus.broker.log.count("roles reread")
        remote.bus.broker.process.send_signal(signal.SIGHUP)
        until_s = time.monotonic() + WAIT_S
        while remote.bus.broker.log.count("roles reread") == count:
            assert time.monotonic() < until_s
            time.sleep(0.01)
        assert is_answered_again(operator)
        viewer.socket.rcvtimeo = viewer.socket.sndtimeo = 500
        with pytest.raises(zmq.Again):
            viewer.ask(Kind.PING)
        assert remote.peer(remote.stranger).ask(Kind.PING)[0].kind == Kind.PONG


def test_without_keys_there_is_no_tcp(tmp_path: Path) -> None:
    refused = subprocess.run(
        [
            sys.executable, "-m", "virtbus_broker", "--run-dir", str(tmp_path / "r"),
            "--tcp", "tcp://127.0.0.1:1", "--key-file", str(tmp_path / "none"),
        ],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "keygen" in refused.stderr
