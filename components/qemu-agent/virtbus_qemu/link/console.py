"""A guest's serial console: a UNIX socket of QEMU's, or a pty that QEMU made.

Nothing is buffered here. What nobody reads stays in the kernel, QEMU stops taking
it from the guest, and so a slow reader costs no memory; likewise for a guest that
does not take what is written.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import stat
from collections.abc import Callable

from virtbus.errors import HypervisorFailed, InvalidArgument, InvalidState

CONNECT_TIMEOUT_S = 5.0
MAX_READ_BYTES = 64 * 1024
_PTY = re.compile(r"/dev/pts/[0-9]{1,9}")


class Console:
    """One open end of a serial line. One task may read and one may write at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self.end_reason = ""
        """Why the console ended; empty while it is open."""

    @classmethod
    async def connect(cls, path: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> Console:
        """Connect to the serial port's UNIX socket at `path`.

        QEMU serves one client at a time: a second one connects and hears nothing
        until the first has left. Raises HypervisorFailed if nobody listens there.
        """
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(client, path)
        except (OSError, TimeoutError) as error:
            client.close()
            raise HypervisorFailed(
                "no connection to the guest's serial port", cause=str(error), operation="console"
            ) from error
        except BaseException:
            client.close()
            raise
        return cls(client.detach())

    @classmethod
    def open_pty(cls, path: str) -> Console:
        """Open the pty that QEMU reported for a serial port, as `/dev/pts/N`.

        Raises InvalidArgument if `path` is anything else, HypervisorFailed if it
        cannot be opened.
        """
        if not _PTY.fullmatch(path):
            raise InvalidArgument(
                f"{path!r} is not a pty; look at the domain's live XML",
                field="path",
                reason="not a pty",
            )
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags)
        except OSError as error:
            raise HypervisorFailed(
                "the guest's pty cannot be opened", cause=str(error), operation="console"
            ) from error
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise HypervisorFailed(f"{path} is not a terminal", operation="console")
        return cls(descriptor)

    async def read(self, max_bytes: int = MAX_READ_BYTES) -> bytes:
        """Wait for output of the guest and return what there is, `max_bytes` at most.

        Returns b"" at the end of the console, for the reason in `end_reason`.
        """
        if self._reading is not None:
            raise RuntimeError("the console is being read by another task")
        while not self.end_reason:
            try:
                data = os.read(self._descriptor, max_bytes)
            except BlockingIOError:
                await self._readable()
            except OSError as error:
                self.close(f"the guest's end is gone: {error.strerror}")
            else:
                if data:
                    return data
                self.close("the guest's end closed")
        return b""

    async def write(self, data: bytes) -> None:
        """Send input to the guest; on return QEMU's end has room for all of it.

        Waits as long as the guest does not read; the caller bounds the wait. Raises
        InvalidState if the console ended, with a part of `data` perhaps sent.
        """
        if self._writing is not None:
            raise RuntimeError("the console is being written by another task")
        rest = memoryview(data)
        while rest and not self.end_reason:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                self.close(f"the guest's end is gone: {error.strerror}")
        if rest:
            raise InvalidState("the console has ended", cause=self.end_reason, state="ended")

    def close(self, reason: str = "closed by the agent") -> None:
        """End the console; a waiting read returns b"", a waiting write raises."""
        if self.end_reason:
            return
        self.end_reason = reason
        if self._reading is not None:
            self._loop.remove_reader(self._descriptor)
            _wake(self._reading)
        if self._writing is not None:
            self._loop.remove_writer(self._descriptor)
            _wake(self._writing)
        os.close(self._descriptor)

    async def _readable(self) -> None:
        self._reading = self._loop.create_future()
        self._loop.add_reader(self._descriptor, _wake, self._reading)
        try:
            await self._reading
        finally:
            self._reading = None
            self._forget(self._loop.remove_reader)

    async def _writable(self) -> None:
        self._writing = self._loop.create_future()
        self._loop.add_writer(self._descriptor, _wake, self._writing)
        try:
            await self._writing
        finally:
            self._writing = None
            self._forget(self._loop.remove_writer)

    def _forget(self, remove: Callable[[int], bool]) -> None:
        if not self.end_reason:  # else closed, and the number may be another file's by now
            remove(self._descriptor)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
