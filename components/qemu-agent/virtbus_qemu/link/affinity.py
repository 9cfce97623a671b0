"""Threads of a process, and the processors of the host they may run on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from virtbus.errors import HypervisorFailed


def threads_of(pid: int) -> list[int]:
    """The numbers of a process's threads."""
    try:
        return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError as error:
        raise _failed(pid, error) from error


def pin(threads: Iterable[int], processors: Iterable[int]) -> None:
    """Let threads run on these processors alone. Raises HypervisorFailed.

    A thread that has ended meanwhile is passed over; the kernel leaves out processors that the
    host does not have, and refuses a set of nothing else.
    """
    allowed = frozenset(processors)
    for thread in threads:
        try:
            os.sched_setaffinity(thread, allowed)
        except ProcessLookupError:
            continue
        except (OSError, ValueError, OverflowError) as error:
            raise _failed(thread, error) from error


def _failed(thread: int, error: Exception) -> HypervisorFailed:
    return HypervisorFailed(
        f"thread {thread} cannot be bound to processors of the host",
        cause=str(error),
        operation="pin",
    )
