"""A stream's waits, for threads: each stream has a socket of its own."""

from __future__ import annotations

from ..wire.frames import Kind
from .channel_blocking import Channel, ThreadChannels
from .stream import Stream


class StreamHandle:
    """An open stream; one thread may receive while another sends."""

    def __init__(self, channel: Channel, stream: Stream) -> None:
        self._channel = channel
        self._stream = stream

    @property
    def reason(self) -> str:
        """Why the stream ended, empty while it is open."""
        return self._stream.reason

    def receive(self, timeout_s: float) -> bytes:
        """What has come; b"" when the stream has ended. Raises the error it ended with."""
        stream = self._stream
        if not self._channel.wait(lambda: bool(stream.unread_bytes or stream.reason), timeout_s):
            raise stream.lateness(timeout_s)
        data, credit = stream.take()
        if credit is not None:
            self._channel.put(credit)
        if not data and stream.error is not None:
            raise stream.error
        return data

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of `data`, waiting for credit where needed."""
        stream, rest = self._stream, memoryview(data)
        while rest:
            if not self._channel.wait(lambda: bool(stream.may_send or stream.reason), timeout_s):
                raise stream.lateness(timeout_s)
            message, rest = stream.spend(rest)
            if message is None:
                raise stream.refusal()
            self._channel.put(message)

    def close(self) -> None:
        """End both directions; what is unread can still be received."""
        self._channel.end_stream(self._stream, "finished")
        self._channel.close()


def open_stream(
    channels: ThreadChannels, *, deadline_s: float, route: str, name: str, body: bytes
) -> StreamHandle:
    """Make a request that opens a stream."""
    channel = Channel(channels.endpoint)
    try:
        reply = channel.call(
            Kind.REQUEST, deadline_s=deadline_s, route=route, name=name, body=body, stream=True
        )
    except BaseException:
        channel.close()
        raise
    assert reply.stream is not None, "the session gives a stream or an error"
    return StreamHandle(channel, reply.stream)
