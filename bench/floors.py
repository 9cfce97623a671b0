"""What the machine itself allows: QEMU spawned by hand, and a bare socket round trip.

The hand-started QEMU gets the class of arguments that a manager would give it
for the bench guest (see guests.py), its monitor on a socket handed over by
file descriptor. No manager can be faster than this.
"""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

EMULATOR = "qemu-system-x86_64"
ANSWER_LIMIT_S = 20.0
MEMORY_BYTES = 32 << 20
ECHO = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as far:
    while data := far.recv(64):
        far.send(data)
"""


def emulator_arguments(name: str, monitor_fd: int) -> list[str]:
    """The command line of a bench guest, stopped at start, monitor on `monitor_fd`."""
    memory = {"qom-type": "memory-backend-ram", "id": "pc.ram", "size": MEMORY_BYTES}
    return [
        *(EMULATOR, "-name", f"guest={name},debug-threads=on", "-S"),
        *("-machine", "pc,usb=off,dump-guest-core=off,memory-backend=pc.ram"),
        *("-accel", "tcg", "-cpu", "qemu64", "-m", str(MEMORY_BYTES >> 20)),
        *("-object", json.dumps(memory), "-overcommit", "mem-lock=off"),
        *("-smp", "1,sockets=1,cores=1,threads=1", "-display", "none"),
        *("-no-user-config", "-nodefaults"),
        *("-chardev", f"socket,id=monitor,fd={monitor_fd},server=on,wait=off"),
        *("-mon", "chardev=monitor,id=qmp,mode=control"),
        *("-rtc", "base=utc", "-no-shutdown", "-boot", "strict=on"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-msg", "timestamp=on"),
    ]


class HandGuest:
    """One QEMU started by hand and driven over its monitor."""

    def __init__(self, folder: Path, name: str) -> None:
        path = str(folder / f"{name}.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            self._process = subprocess.Popen(
                emulator_arguments(name, listener.fileno()),
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(ANSWER_LIMIT_S)
            self._socket.connect(path)
        self._stream = self._socket.makefile("rw")

    def fileno(self) -> int:
        """The monitor's socket, for a selector."""
        return self._socket.fileno()

    def wait_greeting(self) -> None:
        """Returns when the monitor has greeted; RuntimeError when QEMU ended instead."""
        if not self._stream.readline():
            raise RuntimeError(f"QEMU ended with {self._process.wait(ANSWER_LIMIT_S)} at its start")

    def execute(self, command: str) -> Any:
        """The command's return; events before it are dropped."""
        self._stream.write(json.dumps({"execute": command}) + "\n")
        self._stream.flush()
        for line in self._stream:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise RuntimeError(f"QEMU ended during {command}")

    def run(self) -> None:
        """From a started process to a running guest."""
        self.wait_greeting()
        self.execute("qmp_capabilities")
        self.execute("cont")

    def end(self) -> float:
        """Seconds from SIGTERM to the end of the process, which is reaped."""
        start = time.perf_counter()
        self._process.terminate()
        self._process.wait(ANSWER_LIMIT_S)
        seconds = time.perf_counter() - start
        self._stream.close()
        self._socket.close()
        return seconds

    def kill(self) -> None:
        """Ends it at once; for the way out after a failure."""
        self._process.kill()
        self._process.wait(ANSWER_LIMIT_S)
        self._stream.close()
        self._socket.close()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="virtbus-bench-") as name:
        yield Path(name)


def start_by_hand_s(guests: int = 1) -> float:
    """Seconds from the first exec until all `guests` run.

    All are spawned, then each is taken on as its monitor speaks, so that no
    QEMU waits for another's answers.
    """
    with _folder() as folder, ExitStack() as started, selectors.DefaultSelector() as waiting:
        start = time.perf_counter()
        for number in range(guests):
            guest = HandGuest(folder, f"hand-{number}")
            started.callback(guest.kill)
            waiting.register(guest, selectors.EVENT_READ, guest.run)
        while waiting.get_map():
            ready = waiting.select(ANSWER_LIMIT_S)
            if not ready:
                raise TimeoutError(f"no QEMU has answered for {ANSWER_LIMIT_S:.0f} s")
            for key, _ in ready:
                waiting.unregister(key.fileobj)
                key.data()
        return time.perf_counter() - start


@contextmanager
def running_guest() -> Iterator[HandGuest]:
    """A running guest started by hand; ended on the way out."""
    with _folder() as folder:
        guest = HandGuest(folder, "hand-0")
        try:
            guest.run()
            yield guest
        finally:
            guest.kill()


def end_by_hand_s() -> float:
    """Seconds from SIGTERM to the end of a running QEMU started by hand."""
    with _folder() as folder:
        guest = HandGuest(folder, "hand-0")
        try:
            guest.run()
            return guest.end()
        except BaseException:
            guest.kill()
            raise


def qmp_round_trip_s(calls: int = 200) -> float:
    """Median seconds of `query-status` on a monitor that nothing else uses."""
    with running_guest() as guest:
        return _median_s(lambda: guest.execute("query-status"), calls)


def stop_by_hand_s(calls: int = 20) -> float:
    """Median seconds of QMP `stop` on a running guest: what suspend cannot undercut."""
    with running_guest() as guest:
        times = []
        for _ in range(calls):
            start = time.perf_counter()
            guest.execute("stop")
            times.append(time.perf_counter() - start)
            guest.execute("cont")
        return statistics.median(times)


def socket_ping_pong_s(calls: int = 2000) -> float:
    """Median seconds of 64 bytes there and back between two processes on a UNIX socket."""
    near, far = socket.socketpair()
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO, str(far.fileno())], pass_fds=[far.fileno()]
    )
    far.close()
    message = b"x" * 64

    def round_trip() -> None:
        near.send(message)
        near.recv(64)

    try:
        near.settimeout(ANSWER_LIMIT_S)
        round_trip()  # the other process is up
        near.settimeout(None)
        return _median_s(round_trip, calls)
    finally:
        near.close()
        echo.wait(ANSWER_LIMIT_S)


def _median_s(call: Callable[[], object], calls: int) -> float:
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
