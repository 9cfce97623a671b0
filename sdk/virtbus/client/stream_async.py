"""A stream's waits, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..wire.frames import Kind
from .channel_async import Channel
from .stream import Stream


class StreamHandle:
    """An open stream; one task may receive while another sends."""

    def __init__(self, channel: Channel, stream: Stream) -> None:
        self._channel = channel
        self._stream = stream
        self._changed = asyncio.Event()
        stream.wake = self._changed.set

    @property
    def reason(self) -> str:
        """Why the stream ended, empty while it is open."""
        return self._stream.reason

    async def receive(self, timeout_s: float) -> bytes:
        """What has come; b"" when the stream has ended. Raises the error it ended with."""
        stream = self._stream
        await self._wait(lambda: bool(stream.unread_bytes or stream.reason), timeout_s)
        data, credit = stream.take()
        if credit is not None:
            self._channel.put(credit)
        if not data and stream.error is not None:
            raise stream.error
        return data

    async def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`, waiting for credit where needed."""
        stream, rest = self._stream, memoryview(data)
        while rest:
            await self._wait(lambda: bool(stream.may_send or stream.reason), timeout_s)
            message, rest = stream.spend(rest)
            if message is None:
                raise stream.refusal()
            self._channel.put(message)

    async def close(self) -> None:
        """End both directions; what is unread can still be received."""
        self._channel.end_stream(self._stream, "finished")
        self._changed.set()

    async def _wait(self, ready: Callable[[], bool], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not ready():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise self._stream.lateness(timeout_s) from None


async def open_stream(
    channel: Channel, *, deadline_s: float, route: str, name: str, body: bytes
) -> StreamHandle:
    """Make a request that opens a stream."""
    reply = await channel.call(
        Kind.REQUEST, deadline_s=deadline_s, route=route, name=name, body=body, stream=True
    )
    assert reply.stream is not None, "the session gives a stream or an error"
    return StreamHandle(channel, reply.stream)
