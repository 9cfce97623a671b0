"""The bench's own end of its helper processes: the reaper and the served clients."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ANSWER_LIMIT_S = 180.0


class BenchError(Exception):
    """A measurement could not be taken; the message says what failed."""


class Reaper:
    """A sub-reaper process; `spawn` starts daemons under it. See bench/lab/reaper.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.lab.reaper"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def spawn(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> int:
        """Starts a daemon, its output appended to `log`; its pid."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"cmd": list(command), "log": str(log), "env": dict(env or {})}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise BenchError(f"cannot start {command[0]}; the reaper has ended")
        return int(answer)

    @property
    def pid(self) -> int:
        """The sub-reaper's: all it started, and what those left behind, descends from it."""
        return self._process.pid

    def close(self) -> None:
        """Ends everything under the reaper, then the reaper."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def wait_gone(pid: int, limit_s: float = 20.0) -> None:
    """Returns once the process has ended; TimeoutError after `limit_s`."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not select.select([pidfd], [], [], limit_s)[0]:
            raise TimeoutError(f"process {pid} is still there after {limit_s:.0f} s")
    finally:
        os.close(pidfd)


def end_process(pid: int, how: signal.Signals, limit_s: float = 20.0) -> None:
    """Signals the process and waits until it is gone; TimeoutError after `limit_s`."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
    wait_gone(pid, limit_s)


class ServedClient:
    """A client program (bench/clients) and its JSON lines."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
            )

    def call(self, op: str, **args: Any) -> Any:
        """The operation's answer; BenchError with its text when it failed or took too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"op": op, "args": args}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise BenchError(f"the client has ended before {op}; see {self._log}") from error
        if not select.select([self._process.stdout], [], [], ANSWER_LIMIT_S)[0]:
            self.close()
            raise BenchError(f"{op} gave no answer within {ANSWER_LIMIT_S:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the client ended during {op}; see {self._log}")
        answer = json.loads(line)
        if "error" in answer:
            raise BenchError(f"{op}: {answer['error']}")
        return answer["value"]

    def close(self) -> None:
        """Ends the client."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):  # it has ended already
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process.stdout.close()


def wait_for_path(path: Path, limit_s: float = 20.0) -> None:
    """Returns when the path exists; TimeoutError after `limit_s`."""
    end = time.monotonic() + limit_s
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{path} has not appeared within {limit_s:.0f} s")
        time.sleep(0.002)
