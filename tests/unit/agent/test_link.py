"""The link at a broker's end that is a bare ROUTER: full queues, silence, refusal, loss."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from tests.unit.agent.loop import run
from virtbus.agent.link import Link
from virtbus.agent.logs import get_log
from virtbus.errors import RouteTaken
from virtbus.wire.frames import (
    AgentHello,
    Header,
    Kind,
    encode_body,
    encode_header,
    split_message,
)
from virtbus.wire.sockets import AGENT_QUEUE, Role, open_socket

HELLO = AgentHello(agent="x", version="1", pid=1, routes=("x:///",), operations=())


def publication(number: int) -> list[bytes]:
    return [encode_header(Header(version=1, kind=Kind.PUBLISH, name="k", number=number)), b"v"]


class Router:
    """The broker's socket, without a broker."""

    def __init__(self, folder: Path) -> None:
        self.socket = open_socket(zmq.Context.instance(), Role.BROKER_REQUESTS)
        self.socket.bind(f"ipc://{folder}/requests")
        self.peer = b""

    def receive(self, *, timeout_ms: int = 0) -> Header | None:
        if not self.socket.poll(timeout_ms):
            return None
        self.peer, *frames = self.socket.recv_multipart()
        return split_message(frames)[0]

    async def expect(self, kind: Kind) -> Header:
        for _ in range(300):
            if (header := self.receive()) is not None and header.kind == kind:
                return header
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {kind.name} in 3 s")

    def send(self, kind: Kind, body: bytes = b"") -> None:
        header = encode_header(Header(version=1, kind=kind, number=2000))
        self.socket.send_multipart([self.peer, header, body])


class Agent:
    """A link and what it calls."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self.link = Link(
            folder,
            b"a" * 16,
            1,
            get_log(),
            hello=lambda: HELLO,
            on_registered=lambda: self.told.append("registered"),
            on_message=lambda header, body, data: self.told.append(Kind(header.kind).name),
            on_lost=lambda: self.told.append("lost"),
            on_room=lambda: self.told.append("room"),
        )
        self.link.connect()

    async def until(self, word: str, *, seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while word not in self.told:
                await asyncio.sleep(0.01)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_full_queue_keeps_answers_in_order_and_says_when_there_is_room(folder: Path) -> None:
    async def work() -> None:
        router, agent = Router(folder), Agent(folder)
        await router.expect(Kind.HELLO)
        assert not agent.link.send(publication(0)), "before WELCOME nothing is published"
        router.send(Kind.WELCOME)
        await agent.until("registered")
        sent = 0
        while agent.link.send(publication(sent)):
            sent += 1
            assert sent < 3 * AGENT_QUEUE, "the queue has no bound"
            if sent % 1000 == 0:
                await asyncio.sleep(0)
        for number in range(100):
            agent.link.answer(publication(1_000_000 + number))
        assert not agent.link.send(publication(0)), "nothing overtakes what is kept"
        got: list[int] = []
        async with asyncio.timeout(30.0):
            while "room" not in agent.told or len(got) < sent + 100:
                while (header := router.receive()) is not None:
                    got.append(header.number)
                    if len(got) % 1000 == 0:
                        await asyncio.sleep(0)
                await asyncio.sleep(0.001)
        assert got == [*range(sent), *range(1_000_000, 1_000_100)]
        assert agent.link.send(publication(1))
        agent.link.close()
        router.socket.close()

    run(work())


def test_a_refused_agent_asks_again_until_it_is_welcome(folder: Path) -> None:
    async def work() -> None:
        router, agent = Router(folder), Agent(folder)
        await router.expect(Kind.HELLO)
        router.send(Kind.ERROR, encode_body(RouteTaken("x is taken").to_body()))
        await router.expect(Kind.HELLO)
        assert agent.link.refusal == "x is taken"
        router.send(Kind.WELCOME)
        await agent.until("registered")
        assert agent.link.refusal == ""
        agent.link.close()
        await router.expect(Kind.BYE)
        router.socket.close()

    run(work())


def test_a_lost_broker_is_found_again(folder: Path) -> None:
    async def work() -> None:
        router, agent = Router(folder), Agent(folder)
        await router.expect(Kind.HELLO)
        router.send(Kind.WELCOME)
        await agent.until("registered")
        router.socket.close()
        await agent.until("lost")
        assert agent.link.state == "disconnected"
        agent.link.answer(publication(1))
        router = Router(folder)
        await router.expect(Kind.HELLO)
        agent.told.clear()
        router.send(Kind.WELCOME)
        await agent.until("registered")
        await asyncio.sleep(0.1)
        assert router.receive() is None, (
            "an answer of before the loss is not sent: who asked asks again"
        )
        agent.link.close()
        router.socket.close()

    run(work())


@pytest.mark.parametrize("frames", [[b""], [b"\xc1"], [b"\x92\x09\x04"], [b"x"] * 12])
def test_what_cannot_be_read_is_passed_over(folder: Path, frames: list[bytes]) -> None:
    async def work() -> None:
        router, agent = Router(folder), Agent(folder)
        await router.expect(Kind.HELLO)
        router.send(Kind.WELCOME)
        await agent.until("registered")
        router.socket.send_multipart([router.peer, *frames])
        router.send(Kind.ERROR, b"\xc1")
        router.send(Kind.PING)
        await router.expect(Kind.PONG)
        agent.link.close()
        router.socket.close()

    run(work())
