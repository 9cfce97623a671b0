"""What a script or a person waits for before anything is asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.goals import at_most
from bench.lab.root import compiled
from bench.manager import Manager
from bench.row import OURS, Group, Row

LIMIT_S = 30.0
IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


@contextmanager
def prepare(manager: Manager) -> Iterator[None]:
    """No manager takes part."""
    yield


def import_ms(what: str) -> float:
    """Milliseconds of `import WHAT` in a fresh interpreter, its own start not counted."""
    command = [sys.executable, "-c", IMPORT.format(what)]
    return float(_run(command)) * 1e3


def command_ms(*command: str) -> float:
    """Milliseconds of a whole process, exec to exit, which must succeed."""
    start = time.perf_counter()
    _run(command)
    return (time.perf_counter() - start) * 1e3


def _run(command: Sequence[str]) -> str:
    environment = {**os.environ, **compiled()}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=LIMIT_S
    ).stdout


def cli_help_ms() -> float:
    """Milliseconds of `virtbus --help` from this environment."""
    return command_ms(str(Path(sys.executable).parent / "virtbus"), "--help")


GROUP = Group(
    "start_up",
    prepare,
    (
        Row(
            name="import_sdk",
            what="`import virtbus`",
            unit="ms",
            goal=at_most(80, "ms"),
            managers=(),
            peer="",
            references={
                OURS: lambda: import_ms("virtbus"),
                "with virtbus.connect": lambda: import_ms("virtbus; virtbus.connect"),
            },
            runs=9,
        ),
        Row(
            name="cli_help",
            what="`virtbus --help`, the whole process",
            unit="ms",
            goal=at_most(150, "ms"),
            managers=(),
            peer="",
            references={
                OURS: cli_help_ms,
                "Python alone": lambda: command_ms(sys.executable, "-c", "pass"),
            },
            runs=9,
        ),
    ),
)
