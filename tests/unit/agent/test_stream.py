"""Streams: credit both ways, and an end with a reason."""

import asyncio

import pytest

from tests.unit.agent.loop import run
from virtbus.agent.stream import Stream
from virtbus.errors import HypervisorFailed
from virtbus.wire.frames import (
    MAX_DATA_BYTES,
    MIN_DATA_COST_BYTES,
    STREAM_WINDOW_BYTES,
    Header,
    Kind,
)

MOST_MESSAGES = STREAM_WINDOW_BYTES // MIN_DATA_COST_BYTES


class Client:
    """What the other end of a stream gets."""

    def __init__(self) -> None:
        self.got: list[tuple[Header, bytes | None]] = []
        self.stream = Stream(lambda head, _, data: self.got.append((head, data)), lambda: None)

    def data(self) -> bytes:
        return b"".join(data or b"" for head, data in self.got if head.kind == Kind.DATA)

    def kinds(self, kind: Kind) -> list[Header]:
        return [head for head, _ in self.got if head.kind == kind]


def test_a_writer_stops_at_its_credit_and_goes_on_with_more() -> None:
    async def work() -> None:
        client = Client()
        writing = asyncio.create_task(client.stream.write(b"x" * (STREAM_WINDOW_BYTES + 1000)))
        await asyncio.sleep(0.01)
        assert len(client.data()) == STREAM_WINDOW_BYTES
        assert all(len(data or b"") <= MAX_DATA_BYTES for _, data in client.got)
        client.stream.take_credit(MIN_DATA_COST_BYTES - 1)
        await asyncio.sleep(0.01)
        assert len(client.data()) == STREAM_WINDOW_BYTES, "it is not enough for a message"
        client.stream.take_credit(1000 - MIN_DATA_COST_BYTES)
        await asyncio.sleep(0.01)
        assert len(client.data()) == STREAM_WINDOW_BYTES + 999
        for bad in (0, -5):
            client.stream.take_credit(bad)
        await asyncio.sleep(0.01)
        assert not writing.done()
        client.stream.take_credit(2**62)
        await writing
        await client.stream.write(b"y" * (STREAM_WINDOW_BYTES - MIN_DATA_COST_BYTES))
        late = asyncio.create_task(client.stream.write(b"z"))
        await asyncio.sleep(0.01)
        assert not late.done(), "credit beyond the window is not believed"
        client.stream.peer_ended("client_gone")
        await late

    run(work())


def test_a_reader_gives_credit_for_what_it_took() -> None:
    async def work() -> None:
        client = Client()
        for _ in range(STREAM_WINDOW_BYTES // MAX_DATA_BYTES):
            client.stream.take_data(b"x" * MAX_DATA_BYTES)
        assert not client.stream.ended
        assert len(await client.stream.read()) == MAX_DATA_BYTES
        assert [head.number for head in client.kinds(Kind.CREDIT)] == [MAX_DATA_BYTES]
        client.stream.take_data(b"x" * MAX_DATA_BYTES)
        assert not client.stream.ended

    run(work())


def test_small_messages_cost_as_much_as_their_place_in_a_queue() -> None:
    async def work() -> None:
        client = Client()

        async def write_bytewise() -> None:
            for _ in range(MOST_MESSAGES + 2):
                await client.stream.write(b"x")

        writing = asyncio.create_task(write_bytewise())
        await asyncio.sleep(0.01)
        assert len(client.kinds(Kind.DATA)) == MOST_MESSAGES
        client.stream.take_credit(2 * MIN_DATA_COST_BYTES)
        await writing
        for _ in range(MOST_MESSAGES):
            client.stream.take_data(b"y")
        assert await client.stream.read() == b"y"
        assert [head.number for head in client.kinds(Kind.CREDIT)] == [MIN_DATA_COST_BYTES]
        client.stream.take_data(b"")
        assert not client.stream.ended
        for _ in range(MOST_MESSAGES - 1):
            assert await client.stream.read() == b"y"
        client.stream.take_data(b"z")
        assert await client.stream.read() == b"z", "an empty one is no end"
        given = sum(head.number for head in client.kinds(Kind.CREDIT))
        assert given == (MOST_MESSAGES + 2) * MIN_DATA_COST_BYTES

    run(work())


@pytest.mark.parametrize(
    "sizes", [[MAX_DATA_BYTES] * 5, [MAX_DATA_BYTES + 1], [1] * (MOST_MESSAGES + 1)]
)
def test_more_than_the_credit_ends_it_as_slow(sizes: list[int]) -> None:
    async def work() -> None:
        client = Client()
        for size in sizes:
            client.stream.take_data(b"x" * size)
        assert [head.name for head in client.kinds(Kind.END)] == ["slow"]
        while await client.stream.read():
            pass
        client.stream.end()
        assert len(client.kinds(Kind.END)) == 1
        assert client.kinds(Kind.CREDIT) == [], "after END nothing more is sent"

    run(work())


def test_an_end_with_an_error_has_its_code_and_wakes_all() -> None:
    async def work() -> None:
        client = Client()
        client.stream.take_credit(1)
        writing = asyncio.create_task(client.stream.write(b"x" * (STREAM_WINDOW_BYTES + 2)))
        reading = asyncio.create_task(client.stream.read())
        await asyncio.sleep(0.01)
        client.stream.end(error=HypervisorFailed("it broke"))
        assert await reading == b""
        await writing
        assert [head.name for head in client.kinds(Kind.END)] == ["hypervisor_failed"]

    run(work())
