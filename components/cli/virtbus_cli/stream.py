"""Standard input and output at the two ends of a stream, as a terminal or as a pipe."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtbus import Console

ESCAPE = b"\x1d"  # ^]
CHUNK_BYTES = 16 * 1024
FOREVER_S = 10 * 365 * 86_400.0
LEFT, INPUT_ENDED, STREAM_ENDED = "left", "input ended", "stream ended"


def interact(stream: Console, name: str) -> None:
    """Be a terminal of the guest until ^] or its end; this terminal is as before on return."""
    print(f"Connected to {name}; ^] leaves.", file=sys.stderr)
    with _raw(sys.stdin.fileno()):
        why = _pump(stream, escape=ESCAPE, linger_s=FOREVER_S)
    word = "left the console" if why == LEFT else f"the console ended: {stream.reason}"
    print(f"\n{name}: {word}", file=sys.stderr)


def carry(stream: Console, *, linger_s: float = FOREVER_S) -> None:
    """Copy standard input to the stream, and the stream to standard output.

    After the end of the input it goes on until nothing has come for `linger_s`, or the stream ends.
    """
    _pump(stream, escape=b"", linger_s=linger_s)


class _Output:
    """The thread that copies the stream to standard output; `ended` can be waited for by poll."""

    def __init__(self, stream: Console) -> None:
        self._stream = stream
        self.ended = os.eventfd(0, os.EFD_CLOEXEC)
        self.moved = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._copy, name="console output", daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        from virtbus.errors import VirtbusError

        try:
            while data := self._stream.read(timeout_s=FOREVER_S):
                view = memoryview(data)
                while view:
                    view = view[os.write(sys.stdout.fileno(), view) :]
                os.eventfd_write(self.moved, 1)
        except (VirtbusError, OSError) as error:
            self.error = error
        finally:
            os.eventfd_write(self.ended, 1)

    def close(self) -> None:
        self._stream.close()
        self._thread.join()
        os.close(self.ended)
        os.close(self.moved)


def _pump(stream: Console, *, escape: bytes, linger_s: float) -> str:
    """Move bytes both ways; tells why it ended. Raises what the stream ended with."""
    output = _Output(stream)
    why = STREAM_ENDED
    try:
        why = _send_input(stream, output, escape)
        if why == INPUT_ENDED:
            _wait_for_silence(output, linger_s)
    finally:
        output.close()
    if why != LEFT and output.error is not None:
        raise output.error
    return why


def _send_input(stream: Console, output: _Output, escape: bytes) -> str:
    source = sys.stdin.fileno()
    poll = select.poll()
    for fd in (source, output.ended):
        poll.register(fd, select.POLLIN)
    while True:
        ready = {fd for fd, _ in poll.poll()}
        if output.ended in ready:
            return STREAM_ENDED
        data = os.read(source, CHUNK_BYTES)
        before, found, _ = data.partition(escape) if escape else (data, b"", b"")
        if before:
            stream.write(before, timeout_s=FOREVER_S)
        if found:
            return LEFT
        if not data:
            return INPUT_ENDED


def _wait_for_silence(output: _Output, linger_s: float) -> None:
    poll = select.poll()
    for fd in (output.moved, output.ended):
        poll.register(fd, select.POLLIN)
    timeout_ms = min(linger_s, 86_400.0) * 1000
    while True:
        ready = {fd for fd, _ in poll.poll(timeout_ms)}
        if output.ended in ready or (not ready and linger_s < FOREVER_S):
            return
        if output.moved in ready:
            os.eventfd_read(output.moved)


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    before = termios.tcgetattr(fd)
    try:
        tty.setraw(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
