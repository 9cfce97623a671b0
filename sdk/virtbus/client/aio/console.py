"""A stream both ways to a guest's serial port or console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from ._shell import StreamHandle

FOREVER_S = 10 * 365 * 24 * 3600.0


class Console:
    """An open console; a context manager that closes it.

    At most 256 KiB that nobody read are kept here: the guest's output waits after that.
    One task (or thread) may read while another writes.
    """

    def __init__(self, handle: StreamHandle) -> None:
        self._handle = handle

    @property
    def reason(self) -> str:
        """Why it ended ("finished", "agent_gone", "disconnected"...), empty while it is open."""
        return self._handle.reason

    async def read(self, *, timeout_s: float = 60.0) -> bytes:
        """What has come, as soon as there is any; b"" once the stream has ended well.

        Raises the error that it ended with, and DeadlineExceeded (it stays open) when nothing
        came within `timeout_s`.
        """
        return await self._handle.receive(timeout_s)

    async def write(self, data: bytes, *, timeout_s: float = 60.0) -> None:
        """Send all of `data`; on return it is on its way, at most 256 KiB unread by the guest.

        Raises InvalidState or the error that the stream ended with, and DeadlineExceeded if the
        guest took no more within `timeout_s`: then a part was sent.
        """
        await self._handle.send(data, timeout_s)

    async def close(self) -> None:
        """End the stream both ways."""
        await self._handle.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self._handle.receive(FOREVER_S):
            yield data
