"""Commands that go on: the console as a terminal and as a pipe, events, top."""

import json
import os
import pty
import select
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bus.cli_bus import WAIT_S, CliBus, cli_bus

BANNER = "virtbus guest ready"


@pytest.fixture(scope="module")
def bus() -> Iterator[CliBus]:
    with cli_bus() as started:
        started.define("guest")
        yield started


class Terminal:
    """A pseudo-terminal with a command on it."""

    def __init__(self, bus: CliBus, *arguments: str) -> None:
        self.main, side = pty.openpty()
        self.side = side
        self.process = bus.spawn(*arguments, stdin=side, stdout=side, stderr=side)
        self.seen = ""

    def read_until(self, text: str) -> None:
        """Return when the screen has had it."""
        until_s = time.monotonic() + WAIT_S
        while text not in self.seen:
            left_s = until_s - time.monotonic()
            assert left_s > 0 and select.select([self.main], [], [], left_s)[0], self.seen
            self.seen += os.read(self.main, 4096).decode()

    def type(self, keys: bytes) -> None:
        os.write(self.main, keys)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_S)
        os.close(self.main)
        os.close(self.side)


def test_console_on_a_terminal(bus: CliBus) -> None:
    import termios

    terminal = Terminal(bus, "console", "guest")
    try:
        before = termios.tcgetattr(terminal.side)
        terminal.read_until(BANNER)
        terminal.type(b"echo me \x03 too")  # ^C is the guest's
        terminal.read_until("echo me \x03 too")
        terminal.type(b"\x1d")
        terminal.read_until("left the console")
        assert terminal.process.wait(WAIT_S) == 0
        assert termios.tcgetattr(terminal.side) == before
    finally:
        terminal.close()


def test_console_ends_with_the_guest(bus: CliBus) -> None:
    bus.define("short")
    terminal = Terminal(bus, "console", "short")
    try:
        terminal.read_until(BANNER)
        bus.ok("destroy", "short")
        terminal.read_until("the console ended")
        assert terminal.process.wait(WAIT_S) == 0
    finally:
        terminal.close()
        bus.forget("short")


def test_console_as_a_pipe(bus: CliBus) -> None:
    assert bus.ok("console", "guest", "--linger", "0.5", input="some words\n") == (
        f"{BANNER}\nsome words\n"
    )


def test_much_through_a_pipe_comes_back_whole(bus: CliBus) -> None:
    sent = "0123456789abcde\n" * 65_536  # 1 MiB: four times the stream's window
    got = bus.ok("console", "guest", input=sent)
    assert got == f"{BANNER}\n{sent}"


def test_who_has_the_console_keeps_it_unless_it_is_stolen(bus: CliBus) -> None:
    first = Terminal(bus, "console", "guest")
    try:
        first.read_until(BANNER)
        refused = bus.run("console", "guest")
        assert refused.returncode == 6
        assert "in use" in refused.stderr
        assert BANNER in bus.ok("console", "guest", "--steal", "--linger", "0.2")
        assert first.process.wait(WAIT_S) == 0
    finally:
        first.close()


class Follower:
    """`virtbus events --json`, its lines as they come."""

    def __init__(self, bus: CliBus, *arguments: str) -> None:
        self.process = bus.spawn("events", "--json", *arguments)
        self.lines: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(WAIT_S)
        self._thread.join(WAIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def newest(bus: CliBus) -> str:
    return str(bus.json("event", "replay", "1000000")["newest"])


def test_events_are_followed_until_interrupted(bus: CliBus) -> None:
    follower = Follower(bus, "--after", newest(bus), "--domain", "guest")
    bus.ok("suspend", "guest")
    bus.ok("resume", "guest")
    bus.wait_until(lambda: len(follower.lines) >= 2)
    assert follower.end() == 130
    assert [(each["name"], each["change"]) for each in follower.lines] == [
        ("guest", "suspended"), ("guest", "resumed"),
    ]  # fmt: skip
    assert follower.lines[1]["number"] == follower.lines[0]["number"] + 1


def test_events_tell_that_the_agent_went_and_came_and_what_is_lost() -> None:
    with cli_bus() as bus:
        follower = Follower(bus, "--after", newest(bus))
        try:
            bus.ok("suspend", "test")
            bus.ok("resume", "test")
            bus.wait_until(lambda: len(follower.lines) == 2)
            os.kill(bus.pid("test"), signal.SIGKILL)
            bus.wait_until(lambda: follower.lines[-1].get("change") == "started")
        finally:
            follower.end()
    told = [each["event"] for each in follower.lines]
    states = [each["state"] for each in follower.lines if each["event"] == "route_changed"]
    assert states == ["absent", "present"]
    assert told.count("events_lost") == 1  # the test-agent's journal ended with its memory


def test_events_from_the_journal(bus: CliBus) -> None:
    bus.ok("suspend", "guest")
    bus.ok("resume", "guest")
    lines = bus.ok("events", "--after", "0", "--timeout", "0.5").splitlines()
    assert lines[-1].endswith("  guest  resumed (unpaused)")
    one = bus.ok("events", "--after", "0", "--count", "1", "--event", "domain_lifecycle")
    assert one.splitlines() == lines[:1]


def test_top_on_a_terminal_draws_again_and_again(bus: CliBus) -> None:
    terminal = Terminal(bus, "top", "--interval", "0.2", "--count", "3")
    try:
        terminal.read_until("live")
        terminal.read_until("guest")
        while terminal.process.poll() is None:  # a terminal that is not read stops its program
            if select.select([terminal.main], [], [], 0.1)[0]:
                os.read(terminal.main, 4096)
        assert terminal.process.returncode == 0
    finally:
        terminal.close()
