"""A real broker in a process of its own, and raw peers that speak frames to it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import zmq

from virtbus.errors import ErrorBody
from virtbus.wire.frames import (
    VERSION,
    AgentHello,
    BrokerStatus,
    Header,
    Kind,
    Presence,
    decode_body,
    decode_header,
    encode_body,
    encode_header,
    make_index,
)
from virtbus.wire.sockets import CurveKeys, Role, open_socket

ROUTE = "test:///default"
WAIT_S = 10.0


class BrokerProcess:
    """`virtbus-broker` with a run directory of its own; `log` is what it wrote to stderr."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.run_dir = directory / "run"
        self._stderr = directory / "broker.log"
        self._arguments = arguments
        self.start()

    def start(self) -> None:
        """Start, and wait until it serves."""
        command = [sys.executable, "-m", "virtbus_broker", "--run-dir", str(self.run_dir)]
        with self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen([*command, *self._arguments], stderr=stderr)
        until_s = time.monotonic() + WAIT_S
        while "serving" not in self.log:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < until_s, "the broker does not start"
            time.sleep(0.01)

    @property
    def log(self) -> str:
        return self._stderr.read_text()

    @property
    def pss_kib(self) -> int:
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait(WAIT_S)

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)


class RawPeer:
    """A DEALER that says and hears headers."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        endpoint: str,
        role: Role = Role.CLIENT,
        curve: CurveKeys | None = None,
    ) -> None:
        self.socket = open_socket(context, role, curve=curve)
        self.socket.rcvtimeo = self.socket.sndtimeo = int(WAIT_S * 1000)
        self.socket.connect(endpoint)

    def say(self, header: Header, *rest: bytes) -> None:
        self.socket.send_multipart([encode_header(header), *rest])

    def hear(self) -> tuple[Header, list[bytes]]:
        """The next message; PINGs are answered meanwhile."""
        while True:
            frames = self.socket.recv_multipart()
            header = decode_header(frames[0])
            if header.kind != Kind.PING:
                return header, frames[1:]
            self.say(Header(VERSION, Kind.PONG))

    def hear_error(self) -> ErrorBody:
        header, frames = self.hear()
        assert header.kind == Kind.ERROR
        return decode_body(frames[0], ErrorBody)

    def ask(self, kind: Kind, key: str = "", route: str = ROUTE) -> tuple[Header, list[bytes]]:
        self.say(Header(VERSION, kind, os.urandom(16), route, key))
        return self.hear()

    def request(self, route: str = ROUTE, deadline_ms: int = 5000) -> bytes:
        """Send a request; returns its id."""
        id = os.urandom(16)
        self.say(Header(VERSION, Kind.REQUEST, id, route, "domain.list", deadline_ms), b"\x80")
        return id

    def status(self) -> BrokerStatus:
        return decode_body(self.ask(Kind.STATUS)[1][0], BrokerStatus)

    def hello(
        self, *routes: str, id: bytes = b"A" * 16, epoch: int = 1
    ) -> tuple[Header, list[bytes]]:
        """Register as an agent; returns the answer."""
        hello = AgentHello(
            agent="raw", version="1", pid=os.getpid(), routes=routes or (ROUTE,), operations=()
        )
        self.say(Header(VERSION, Kind.HELLO, id, epoch=epoch), encode_body(hello))
        return self.hear()

    def sync(
        self, values: dict[str, bytes], number: int = 0, route: str = ROUTE, kind: str = "domain"
    ) -> None:
        """Send all states of a kind; on return the broker has them."""
        name = f"state/{kind}/"
        header = Header(VERSION, Kind.SYNC, route=route, name=name, number=number, epoch=1)
        self.say(header, *make_index(values))
        assert self.ask(Kind.PING)[0].kind == Kind.PONG


class Bus:
    """One broker, and sockets that end with it."""

    def __init__(self, *arguments: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bus-"))
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.context.set(zmq.MAX_SOCKETS, 4096)
        self.broker = BrokerProcess(self.directory, *arguments)
        self.agents: list[subprocess.Popen[bytes]] = []
        self._sockets: list[zmq.Socket[bytes]] = []

    def peer(self, name: str = "requests", role: Role = Role.CLIENT) -> RawPeer:
        peer = RawPeer(self.context, f"ipc://{self.broker.run_dir}/{name}", role)
        self.keep(peer.socket)
        return peer

    def remote_peer(self, endpoint: str, curve: CurveKeys | None) -> RawPeer:
        """A client over TCP."""
        peer = RawPeer(self.context, endpoint, curve=curve)
        self.keep(peer.socket)
        return peer

    def keep(self, socket: "zmq.Socket[bytes]") -> None:
        """Close the socket with the bus."""
        self._sockets.append(socket)

    def subscriber(self, *topics: str, queue: int = 0) -> "zmq.Socket[bytes]":
        """A SUB whose subscriptions the broker has seen."""
        socket = open_socket(self.context, Role.SUBSCRIBER)
        self.keep(socket)
        socket.rcvtimeo = int(WAIT_S * 1000)
        if queue:
            socket.rcvhwm = queue
        socket.connect(f"ipc://{self.broker.run_dir}/updates")
        for topic in (*topics, f"welcome {os.urandom(16).hex()}"):
            socket.subscribe(topic.encode())
        while not socket.recv_multipart()[0].startswith(b"welcome "):
            pass
        return socket

    def agent_process(self, *routes: str, id: str = "a" * 16) -> "subprocess.Popen[bytes]":
        """A small agent in a process of its own, registered."""
        endpoint = f"ipc://{self.broker.run_dir}/requests"
        script = Path(__file__).with_name("small_agent.py")
        command = [sys.executable, str(script), endpoint, id, *(routes or (ROUTE,))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.agents.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"welcome\n"
        return process

    def close(self) -> None:
        for agent in self.agents:
            agent.kill()
            agent.wait(WAIT_S)
            if agent.stdout is not None:
                agent.stdout.close()
        for socket in self._sockets:
            socket.close(0)
        self.context.term()
        if self.broker.process.poll() is None:
            self.broker.stop()
        shutil.rmtree(self.directory)


@contextmanager
def running_bus(*arguments: str) -> Iterator[Bus]:
    """A bus of its own for one test."""
    bus = Bus(*arguments)
    try:
        yield bus
    finally:
        bus.close()


def next_presence(socket: "zmq.Socket[bytes]") -> Presence:
    """The next presence that a subscriber hears of."""
    while True:
        topic, _, body = socket.recv_multipart()
        if topic.endswith(b" presence"):
            return decode_body(body, Presence)
