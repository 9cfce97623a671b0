"""What the client's tests talk to: an agent that does as it is told, and the real test-agent."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import zmq

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S, Bus, RawPeer
from virtbus.operations.event import DomainLifecycle, EventList, Lifecycle, Replay
from virtbus.operations.records import DomainRecord, State
from virtbus.wire.frames import (
    VERSION,
    Header,
    Kind,
    decode_body,
    decode_header,
    encode_body,
    encode_header,
)

VM = UUID(int=7)
Answer = Callable[["ScriptedAgent", Header, bytes], None]


def record(name: str = "vm", uuid: UUID = VM, state: State = State.RUNNING) -> DomainRecord:
    return DomainRecord(uuid=uuid, name=name, state=state, reason="booted")


class ScriptedAgent(threading.Thread):
    """An agent on a raw socket: `answers` by operation; what has no answer stays unanswered."""

    def __init__(self, bus: Bus, id: bytes = b"S" * 16, epoch: int = 1) -> None:
        super().__init__(name="scripted agent", daemon=True)
        self.answers: dict[str, Answer] = {"event.replay": ScriptedAgent.replay}
        self.heard: list[Header] = []
        self.journal: list[DomainLifecycle] = []
        self.state: dict[str, bytes] = {}
        self.number = 0
        self.networks = 0
        self.epoch = epoch
        self.oldest_kept = 1
        self._id = id
        self._bus = bus
        self._todo: list[Callable[[], None]] = []
        self._end = threading.Event()

    def run(self) -> None:
        self.peer = peer = RawPeer(self._bus.context, f"ipc://{self._bus.broker.run_dir}/requests")
        monitor = peer.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.register()
        while monitor.poll(0):  # of the first connection, if that is not older than its monitor
            monitor.recv_multipart()
        while not self._end.is_set():
            while self._todo:
                self._todo.pop(0)()
            if monitor.poll(0):
                monitor.recv_multipart()
                self.register()
            if not peer.socket.poll(5):
                continue
            frames = peer.socket.recv_multipart()
            header = decode_header(frames[0])
            if header.kind == Kind.PING:
                peer.say(Header(VERSION, Kind.PONG))
                continue
            self.heard.append(header)
            answer = self.answers.get(header.name) if header.kind == Kind.REQUEST else None
            if answer is not None:
                answer(self, header, frames[1] if len(frames) > 1 else b"")
        with suppress(zmq.Again):  # the broker is dead already
            peer.socket.send(encode_header(Header(VERSION, Kind.BYE)), zmq.NOBLOCK)
        peer.socket.disable_monitor()
        monitor.close(0)
        peer.socket.close(100)

    def do(self, action: Callable[[], object]) -> None:
        """Have something done in the agent's own thread, and wait for it."""
        done = threading.Event()

        def run() -> None:
            action()
            done.set()

        self._todo.append(run)
        assert done.wait(WAIT_S)

    def stop(self) -> None:
        self._end.set()
        self.join(WAIT_S)

    # In the agent's thread

    def register(self) -> None:
        self.peer.hello(ROUTE, id=self._id, epoch=self.epoch)
        self.sync()

    def sync(self) -> None:
        header = Header(
            VERSION,
            Kind.SYNC,
            route=ROUTE,
            name="state/domain/",
            number=self.number,
            epoch=self.epoch,
        )
        keys = encode_body(
            {"keys": list(self.state), "sizes": [len(v) for v in self.state.values()]}
        )
        self.peer.say(header, keys, b"".join(self.state.values()))

    def reply(self, asked: Header, body: object = None, *, name: str = "") -> None:
        header = Header(
            VERSION,
            Kind.REPLY,
            name=name,
            number=self.number,
            ticket=asked.ticket,
            epoch=self.epoch,
        )
        self.peer.socket.send_multipart([encode_header(header), encode_body(body)])

    def put(self, value: DomainRecord | None, uuid: UUID = VM, *, lost: bool = False) -> None:
        """Publish state; a lost one gets its number and never leaves."""
        self.number += 1
        key, body = f"state/domain/{uuid}", encode_body(value)
        if body:
            self.state[key] = body
        else:
            self.state.pop(key, None)
        if not lost:
            header = Header(
                VERSION, Kind.PUBLISH, route=ROUTE, name=key, number=self.number, epoch=self.epoch
            )
            self.peer.say(header, body)

    def put_network(self) -> None:
        """Publish a state and an event of another kind, each under its kind's next number."""
        self.networks += 1
        for key in ("state/network/n", "event/network/n"):
            header = Header(
                VERSION,
                Kind.PUBLISH,
                route=ROUTE,
                name=key,
                number=self.networks,
                epoch=self.epoch,
            )
            self.peer.say(header, b"\x80")

    def sync_networks(self) -> None:
        """Send the states of the other kind."""
        header = Header(
            VERSION,
            Kind.SYNC,
            route=ROUTE,
            name="state/network/",
            number=self.networks,
            epoch=self.epoch,
        )
        self.peer.say(header, encode_body({"keys": ["state/network/n"], "sizes": [1]}), b"\x80")

    def emit_lost(self, count: int) -> None:
        """Journal events that nobody hears of."""
        for _ in range(count):
            self.emit(lost=True)

    def emit(self, change: Lifecycle = Lifecycle.STARTED, *, lost: bool = False) -> None:
        """Journal an event and publish it, if it is not to get lost on its way."""
        number = len(self.journal) + 1
        event = DomainLifecycle(uuid=VM, name="vm", number=number, change=change, detail="x")
        self.journal.append(event)
        if not lost:
            key = f"event/domain/{VM}"
            header = Header(
                VERSION, Kind.PUBLISH, route=ROUTE, name=key, number=number, epoch=self.epoch
            )
            self.peer.say(header, encode_body(event))

    def replay(self, asked: Header, body: bytes) -> None:
        request = decode_body(body, Replay)
        assert request.kind == "domain"
        kept = [
            e for e in self.journal if e.number > request.after and e.number >= self.oldest_kept
        ]
        newest = len(self.journal)
        first = kept[0].number if kept else newest + 1
        self.reply(
            asked,
            EventList(
                events=tuple(kept[: request.limit]),
                newest=newest,
                lost=max(0, first - 1 - request.after),
            ),
        )


@contextmanager
def scripted_agent(bus: Bus, **more: int) -> Iterator[ScriptedAgent]:
    """A scripted agent with one running domain, registered."""
    agent = ScriptedAgent(bus, epoch=more.get("epoch", 1))
    agent.number = 1
    agent.state[f"state/domain/{VM}"] = encode_body(record())
    agent.start()
    try:
        wait_for_route(bus)
        yield agent
    finally:
        agent.stop()


def place(bus: Bus) -> str:
    """The endpoint of a bus, for `connect`."""
    return str(bus.broker.run_dir)


def wait_for_route(bus: Bus) -> None:
    """Return when the agent's values are at the broker."""
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        agents = virtbus.status(place(bus)).agents
        if any(agent.state == "present" and agent.values for agent in agents):
            return
        time.sleep(0.01)
    raise AssertionError("the agent does not register")


def start_test_agent(bus: Bus) -> "subprocess.Popen[bytes]":
    """The test-agent, registered; the bus kills it at its end."""
    command = [sys.executable, "-m", "virtbus_test", "--run-dir", place(bus)]
    for name in ("state", "cache", "log", "config"):
        (bus.directory / name).mkdir(exist_ok=True)
        command += [f"--{name}-dir", str(bus.directory / name)]
    with (bus.directory / "agent.log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log)
    bus.agents.append(process)
    wait_for_route(bus)
    return process
