"""The monitor against a peer with bad manners: an answer or an error, always, and in time."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from virtbus.errors import (
    DeadlineExceeded,
    HypervisorFailed,
    InvalidState,
    Unresponsive,
    Unsupported,
    VirtbusError,
)
from virtbus_qemu.errors import MonitorGone, from_qmp
from virtbus_qemu.link.monitor import Monitor, MonitorEvent
from virtbus_qemu.link.process import listen

BAD_QMP = Path(__file__).parents[2] / "peers" / "bad_qmp.py"


class Peer:
    """A monitor connected to the bad peer, and what it was told."""

    def __init__(self, mode: str, directory: Path) -> None:
        self.path = directory / "monitor"
        self.events: list[MonitorEvent] = []
        self.ends: list[str] = []
        self._ended = asyncio.Event()
        with listen(self.path) as listener:
            self.program = subprocess.Popen(
                [sys.executable, "-I", "-S", BAD_QMP, mode, str(listener.fileno())],
                pass_fds=(listener.fileno(),),
            )

    async def connect(self, timeout_s: float = 5) -> Monitor:
        return await Monitor.connect(
            str(self.path),
            on_event=self.events.append,
            on_end=self.on_end,
            timeout_s=timeout_s,
        )

    def on_end(self, reason: str) -> None:
        self.ends.append(reason)
        self._ended.set()

    async def ended(self) -> str:
        await asyncio.wait_for(self._ended.wait(), 5)
        return self.ends[0]


@asynccontextmanager
async def connected(peer: Peer) -> AsyncIterator[Monitor]:
    monitor = await peer.connect()
    try:
        yield monitor
    finally:
        await monitor.close()


Start = Callable[[str], Peer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    peers: list[Peer] = []

    def start_peer(mode: str) -> Peer:
        peers.append(Peer(mode, tmp_path))
        return peers[-1]

    yield start_peer
    for peer in peers:
        peer.program.kill()
        peer.program.wait()


def run(case: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await case()

    asyncio.run(bounded())


def test_answers_belong_to_their_commands(start: Start) -> None:
    async def case() -> None:
        async with connected(start("good")) as monitor:
            asked = [{"n": n} for n in range(100)]
            assert await asyncio.gather(*(monitor.execute("echo", a) for a in asked)) == asked
            assert monitor.greeting["version"]["qemu"]["major"] == 7
            assert monitor.silent_since_ms is None

    run(case)


@pytest.mark.parametrize("mode", ["hangup", "not-qmp", "refuses"])
def test_connecting_to_what_is_no_monitor_fails(start: Start, mode: str) -> None:
    async def case() -> None:
        with pytest.raises(HypervisorFailed, match="guest's log"):
            await start(mode).connect()

    run(case)


def test_connecting_to_nobody_fails(tmp_path: Path) -> None:
    async def case() -> None:
        with pytest.raises(HypervisorFailed, match="No such file"):
            await Monitor.connect(
                str(tmp_path / "none"), on_event=lambda _: None, on_end=lambda _: None
            )

    run(case)


def test_a_silent_peer_is_given_up_in_time(start: Start) -> None:
    async def case() -> None:
        peer, begun = start("silent"), time.monotonic()
        with pytest.raises(Unresponsive) as raised:
            await peer.connect(timeout_s=0.2)
        assert time.monotonic() - begun < 1
        assert raised.value.details["since_ms"]
        assert peer.ends == []

    run(case)


def test_one_slow_command_does_not_harm_the_others(start: Start) -> None:
    async def case() -> None:
        async with connected(start("late")) as monitor:
            slow = asyncio.create_task(monitor.execute("slow", timeout_s=0.1))
            assert await monitor.execute("echo", {"a": 1}) == {"a": 1}
            with pytest.raises(DeadlineExceeded, match="QEMU did not answer slow"):
                await slow
            assert monitor.late_replies == 0
            await asyncio.sleep(0.3)
            assert monitor.late_replies == 1
            assert await monitor.execute("echo", {"a": 2}) == {"a": 2}

    run(case)


def test_a_cancelled_command_leaves_the_monitor_usable(start: Start) -> None:
    async def case() -> None:
        async with connected(start("late")) as monitor:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(monitor.execute("slow"), 0.05)
            assert await monitor.execute("echo", {"a": 2}) == {"a": 2}

    run(case)


@pytest.mark.parametrize(
    "mode, command, reason",
    [
        ("dies", "die", "deserialize|Broken pipe|reset"),  # as its end overtakes our writing
        ("garbage", "trash", "UnicodeDecodeError"),
        ("deep", "trash", "RecursionError"),
        ("endless", "trash", "limit"),
        ("bad-event", "trash", "malformed event"),
    ],
)
def test_the_end_is_told_to_all(start: Start, mode: str, command: str, reason: str) -> None:
    async def case() -> None:
        peer = start(mode)
        async with connected(peer) as monitor:
            pending = [asyncio.create_task(monitor.execute(command)) for _ in range(3)]
            ends = await asyncio.gather(*pending, return_exceptions=True)
            assert [type(end) for end in ends] == [MonitorGone] * 3
            assert re.search(reason, await peer.ended())
            assert monitor.end_reason == peer.ends[0]
            with pytest.raises(MonitorGone, match="was not sent"):
                await monitor.execute("echo")
        assert len(peer.ends) == 1

    run(case)


def test_an_answer_in_the_same_breath_as_the_end_counts(start: Start) -> None:
    async def case() -> None:
        peer = start("reply-and-end")
        async with connected(peer) as monitor:
            assert await monitor.execute("quit") == {}
            assert await peer.ended() == "QEMU closed the connection"

    run(case)


def test_an_error_without_description_is_an_error(start: Start) -> None:
    async def case() -> None:
        async with connected(start("wrong-error")) as monitor:
            with pytest.raises(HypervisorFailed, match="malformed"):
                await monitor.execute("trash")
            assert await monitor.execute("echo") == {}

    run(case)


def test_a_flood_of_events_arrives_whole_and_in_order(start: Start) -> None:
    async def case() -> None:
        peer = start("flood")
        async with connected(peer) as monitor:
            await monitor.execute("trash")
        assert peer.events == [MonitorEvent("STOP", {}, 1_500_000_000)] * 20_000

    run(case)


def test_a_failing_event_handler_is_reported_and_costs_nothing_else(start: Start) -> None:
    async def case() -> None:
        reported: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(str(context["exception"]))
        )
        peer = start("flood")

        def fail(event: MonitorEvent) -> None:
            raise ValueError(event.name)

        monitor = await Monitor.connect(str(peer.path), on_event=fail, on_end=peer.on_end)
        await monitor.execute("trash")
        assert await monitor.execute("echo") == {}
        await monitor.close()
        assert reported == ["STOP"] * 20_000

    run(case)


def test_a_peer_that_reads_nothing_is_bounded_and_can_be_closed(start: Start) -> None:
    async def case() -> None:
        peer = start("deaf")
        async with connected(peer) as monitor:
            text = {"text": "x" * 100_000}
            pending = [
                asyncio.create_task(monitor.execute("echo", text, timeout_s=0.2)) for _ in range(40)
            ]
            ends = await asyncio.gather(*pending, return_exceptions=True)
            assert {type(end) for end in ends} == {DeadlineExceeded, Unresponsive}
            assert monitor.silent_since_ms is not None
            waiting = asyncio.create_task(monitor.execute("echo", timeout_s=5))
            with pytest.raises(Unresponsive, match="was not sent"):
                await waiting
            begun = time.monotonic()
        assert time.monotonic() - begun < 0.5
        assert peer.ends == ["closed by the agent"]

    run(case)


def test_closing_twice_ends_once(start: Start) -> None:
    async def case() -> None:
        peer = start("good")
        monitor = await peer.connect()
        await monitor.close()
        await monitor.close()
        assert peer.ends == ["closed by the agent"]

    run(case)


def test_who_gives_up_closing_leaves_the_end_told(start: Start) -> None:
    async def case() -> None:
        peer = start("good")
        monitor = await peer.connect()
        closing = asyncio.create_task(monitor.close())
        await asyncio.sleep(0)
        closing.cancel()
        assert await peer.ended() == "closed by the agent"

    run(case)


@pytest.mark.parametrize(
    "error_class, error",
    [
        ("GenericError", HypervisorFailed),
        ("CommandNotFound", Unsupported),
        ("DeviceNotFound", InvalidState),
        ("DeviceNotActive", InvalidState),
        ("KVMMissingCap", Unsupported),
        ("NotInventedYet", HypervisorFailed),
    ],
)
def test_qmp_error_classes_have_a_meaning(error_class: str, error: type[VirtbusError]) -> None:
    mapped = from_qmp(error_class, "what QEMU said", "device_del")
    assert type(mapped) is error
    assert "device_del" in mapped.message
    assert mapped.cause == "what QEMU said"
