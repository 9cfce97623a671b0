"""One process that is started again whenever it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LEAST_PAUSE_S, MOST_PAUSE_S = 0.2, 30.0
HEALTHY_S = 10.0
MAX_LOG_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 4096


class Child:
    """A module run as a process of its own, tethered to this one, its stderr in a log file.

    `pid` is 0 while there is none; `problem` says why it ended last and when it is tried again.
    `changed` is called after each change.
    """

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        environment: dict[str, str],
        log: Path,
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.log = log
        self.pid = 0
        self.restarts = 0
        self.problem = ""
        self._module = module
        self._arguments = list(arguments)
        self._environment = environment
        self._changed = changed
        self._ending = False
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def keep(self) -> None:
        """Run it, again and again with growing pauses, until `end`."""
        pause_s = LEAST_PAUSE_S
        while not self._ending:
            started_s = time.monotonic()
            status = await self._run_once()
            if status is None:
                return
            if time.monotonic() - started_s >= HEALTHY_S:
                pause_s = LEAST_PAUSE_S
            self.restarts += 1
            self.problem = f"{_how_it_ended(status)}, again in {pause_s:g} s"
            if status > 0:
                self.problem += f": {self._last_words()}"
            self._changed()
            await asyncio.sleep(pause_s)
            pause_s = min(MOST_PAUSE_S, 2 * pause_s)

    async def end(self, limit_s: float) -> None:
        """End it for good: SIGTERM, and SIGKILL after `limit_s`."""
        self._ending = True
        async with self._starting:
            process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):  # it has ended just now
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
        except TimeoutError:
            self.hurry()
            await process.wait()

    def hurry(self) -> None:
        """SIGKILL at once, where an end is under way."""
        if self._ending and self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # it has ended just now
                self._process.kill()

    async def _run_once(self) -> int | None:
        """Run it to its end; gives its status, None when it was to end before it began."""
        async with self._starting:
            if self._ending:
                return None
            self._process = process = await self._spawn()
        self.pid = process.pid
        self._changed()
        try:
            return await process.wait()
        finally:
            self.pid = 0

    async def _spawn(self) -> asyncio.subprocess.Process:
        with _Log(self.log) as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "virtbus_cli.up.tether", str(os.getpid()),
                self._module, *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )  # fmt: skip

    def _last_words(self) -> str:
        """The last line of the log."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


class _Log:
    """The log file, opened to append; one that has grown too long is put aside first."""

    def __init__(self, path: Path) -> None:
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        self._file = path.open("ab")

    def __enter__(self) -> int:
        return self._file.fileno()

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    return f"killed by {signal.Signals(-status).name}"
