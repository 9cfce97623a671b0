"""The agent's end of a stream: bytes both ways under credit (PROTOCOL.md, section 7)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ..errors import ErrorBody, VirtbusError
from ..wire.frames import (
    MAX_DATA_BYTES,
    MIN_DATA_COST_BYTES,
    STREAM_WINDOW_BYTES,
    Header,
    Kind,
    data_cost_bytes,
    encode_body,
)

Send = Callable[[Header, bytes, bytes | None], None]


class Stream:
    """Bytes to and from one client, until either side ends it.

    A handler calls `accept` once it knows that it can serve; until then the request's deadline
    holds. When it returns the stream ends, `finished` or with the error it raised; when the
    client ends the stream, the handler is cancelled. `ended` is the reason once it has ended, ""
    before.
    """

    def __init__(self, send: Send, on_accept: Callable[[], None]) -> None:
        self._send = send
        self._on_accept = on_accept
        self.accepted = False
        self._received: deque[bytes] = deque()
        self._unread_cost_bytes = 0
        self._credit_bytes = STREAM_WINDOW_BYTES
        self._changed = asyncio.Event()
        self.ended = ""

    def accept(self) -> None:
        """Tell the client that the stream is open."""
        if not self.accepted:
            self.accepted = True
            self._send(Header(version=1, kind=Kind.REPLY, name="stream"), b"", None)
            self._on_accept()

    async def read(self) -> bytes:
        """What came next from the client, as soon as there is something; b"" at the end."""
        data = b""
        while not data:
            while not self._received and not self.ended:
                self._changed.clear()
                await self._changed.wait()
            if not self._received:
                return b""
            data = self._received.popleft()
            cost_bytes = data_cost_bytes(len(data))
            self._unread_cost_bytes -= cost_bytes
            if not self.ended:
                self._send(Header(version=1, kind=Kind.CREDIT, number=cost_bytes), b"", None)
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes to the client; waits while it has given no credit."""
        view = memoryview(data)
        while view and not self.ended:
            if self._credit_bytes < MIN_DATA_COST_BYTES:
                self._changed.clear()
                await self._changed.wait()
                continue
            part = bytes(view[: min(len(view), self._credit_bytes, MAX_DATA_BYTES)])
            self._credit_bytes -= data_cost_bytes(len(part))
            self._send(Header(version=1, kind=Kind.DATA, number=len(part)), b"", part)
            view = view[len(part) :]

    def end(self, reason: str = "finished", error: VirtbusError | None = None) -> None:
        """End the stream, telling the client why; does nothing if it has ended."""
        if self.ended:
            return
        body: ErrorBody | None = error.to_body() if error is not None else None
        name = error.code if error is not None else reason
        self._send(Header(version=1, kind=Kind.END, name=name), encode_body(body), None)
        self.peer_ended(name)

    def peer_ended(self, reason: str) -> None:
        """Take note that the stream is over."""
        self.ended = self.ended or reason or "finished"
        self._changed.set()

    def take_data(self, data: bytes) -> None:
        """Take what the client sent; more than its credit ends the stream with reason `slow`."""
        if self.ended:
            return
        unread_cost_bytes = self._unread_cost_bytes + data_cost_bytes(len(data))
        if unread_cost_bytes > STREAM_WINDOW_BYTES or len(data) > MAX_DATA_BYTES:
            self.end("slow")
            return
        self._received.append(data)
        self._unread_cost_bytes = unread_cost_bytes
        self._changed.set()

    def take_credit(self, count_bytes: int) -> None:
        """Take the client's leave to send more; beyond the window it is not believed."""
        if count_bytes > 0:
            self._credit_bytes = min(self._credit_bytes + count_bytes, STREAM_WINDOW_BYTES)
            self._changed.set()
