"""The client's end of the protocol, without I/O or clock: what to send and what came back.

A shell opens calls here, sends what `next_message` gives while its socket takes it (telling so by
`mark_sent`), feeds what it receives to `receive`, and says when its link comes and goes. Times are
seconds of any one monotonic clock, passed in.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..errors import (
    Cancelled,
    DeadlineExceeded,
    ErrorBody,
    InvalidArgument,
    NotConnected,
    Overloaded,
    ProtocolMismatch,
    VirtbusError,
    from_body,
)
from ..wire.frames import (
    VERSION,
    Header,
    Kind,
    decode_body,
    encode_header,
    split_message,
)
from .stream import Stream

WINDOW = 256
MAX_WAITING = 20_000
MAX_DEADLINE_S = 7 * 24 * 3600.0


class Reply(NamedTuple):
    """What came back: for an opened stream `stream` is set, else there is a body."""

    body: bytes
    data: list[bytes]
    name: str = ""
    number: int = 0
    epoch: int = 0
    stream: Stream | None = None


class Call:
    """One request from the moment it is made until its outcome.

    `sent` tells that it left at least once. The outcome is `reply` or `error`; `wake` is called
    when it is there and belongs to the shell.
    """

    __slots__ = (
        "body",
        "deadline_s",
        "due_s",
        "error",
        "id",
        "in_flight",
        "kind",
        "name",
        "reply",
        "route",
        "sent",
        "stream",
        "wake",
    )

    def __init__(
        self, kind: Kind, *, due_s: float, deadline_s: float, route: str, name: str, body: bytes
    ) -> None:
        self.kind = kind
        self.id = os.urandom(16)
        self.route = route
        self.name = name
        self.body = body
        self.due_s = due_s
        self.deadline_s = deadline_s
        self.sent = False
        self.in_flight = False
        self.stream = False
        self.reply: Reply | None = None
        self.error: VirtbusError | None = None
        self.wake: Callable[[Call], None] | None = None

    @property
    def done(self) -> bool:
        """True when there is an outcome."""
        return self.reply is not None or self.error is not None

    def result(self) -> Reply:
        """The reply, or the error raised."""
        if self.error is not None:
            raise self.error
        assert self.reply is not None, "asked for the outcome before there was one"
        return self.reply

    def frames(self, now_s: float) -> list[bytes]:
        """The message, with the deadline that is left."""
        number = 0
        if self.kind == Kind.REQUEST:
            number = max(1, int((self.due_s - now_s) * 1000))
        header = encode_header(
            Header(
                version=VERSION,
                kind=self.kind,
                id=self.id,
                route=self.route,
                name=self.name,
                number=number,
            )
        )
        return [header, self.body] if self.body else [header]


class Session:
    """All that one socket of a client has under way.

    At most `WINDOW` calls are in flight, which is what the broker allows one client; up to
    `MAX_WAITING` more wait here for their turn, within their deadlines.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.linked = False
        self.strays = 0
        self.calls: dict[bytes, Call] = {}
        self.streams: dict[bytes, Stream] = {}
        self._in_flight = 0
        self._control: deque[list[bytes]] = deque()
        self._waiting: deque[Call] = deque()
        self._offered: Call | None = None
        self._cut_off: list[Stream] = []

    def open(
        self,
        kind: Kind,
        *,
        now_s: float,
        deadline_s: float,
        route: str = "",
        name: str = "",
        body: bytes = b"",
        stream: bool = False,
    ) -> Call:
        """Make a call and put it in line; raises Overloaded if the line is full."""
        if not 0 < deadline_s <= MAX_DEADLINE_S:
            raise InvalidArgument(
                f"deadline_s is {deadline_s}: give seconds above 0, at most {MAX_DEADLINE_S:.0f}",
                field="deadline_s",
                reason="out of range",
            )
        if len(self.calls) >= MAX_WAITING + WINDOW:
            raise Overloaded(
                f"{MAX_WAITING} requests wait in this client; let some finish first",
                retry_after_ms=100,
            )
        call = Call(
            kind,
            due_s=now_s + deadline_s,
            deadline_s=deadline_s,
            route=route,
            name=name,
            body=body,
        )
        call.stream = stream
        self.calls[call.id] = call
        self._waiting.append(call)
        return call

    # What is to be sent

    def next_message(self, now_s: float) -> list[bytes] | None:
        """The message to send next, None if there is none for now."""
        if not self.linked:
            return None
        if self._control:
            self._offered = None
            return self._control[0]
        while self._waiting:
            call = self._waiting[0]
            if call.done:
                self._waiting.popleft()
                continue
            if self._in_flight + len(self.streams) >= WINDOW:
                return None
            self._offered = call
            return call.frames(now_s)
        return None

    def mark_sent(self) -> None:
        """The message that `next_message` gave last has been taken by the socket."""
        if self._offered is None:
            self._control.popleft()
            return
        call, self._offered = self._offered, None
        self._waiting.popleft()
        call.sent = call.in_flight = True
        self._in_flight += 1

    def put(self, message: list[bytes]) -> None:
        """Put a message about a stream or a cancelled call in line, before all calls."""
        if self.linked:
            self._control.append(message)

    # The link

    def link_up(self) -> None:
        """The broker is there (again); what was in flight goes out again with the same ids."""
        self.linked = True
        for stream in self._cut_off:
            self.put(stream.end_message("client_gone"))
        self._cut_off.clear()

    def link_down(self) -> list[Stream]:
        """The broker is gone; gives the streams that ended with it."""
        self.linked = False
        self._control.clear()
        self._offered = None
        again = [call for call in self.calls.values() if call.in_flight]
        for call in again:
            call.in_flight = False
        self._in_flight = 0
        self._waiting.extendleft(reversed(again))
        ended = list(self.streams.values())
        self.streams.clear()
        for stream in ended:
            stream.end("disconnected", self._not_connected("the connection to the broker ended"))
        self._cut_off += ended
        return ended

    # What has come

    def receive(self, frames: list[bytes]) -> Call | Stream | None:
        """Take a received message; gives the call that is done or the stream that changed."""
        try:
            header, body, data = split_message(frames)
        except ProtocolMismatch:
            self.strays += 1
            return None
        kind = header.kind
        stream = self.streams.get(header.id)
        if stream is not None and kind in (Kind.DATA, Kind.CREDIT, Kind.END):
            self._receive_on(stream, header, body, data)
            return stream
        call = self.calls.get(header.id)
        if call is None or kind not in (Kind.REPLY, Kind.ERROR, Kind.PONG):
            self._receive_stray(header)
            return None
        self._finish(call)
        if kind == Kind.ERROR:
            call.error = _error_of(body)
        elif (header.name == "stream") != call.stream:
            call.error = ProtocolMismatch(f"the answer to {call.name} is of the wrong kind")
        else:
            opened = Stream(call.id) if call.stream else None
            if opened is not None:
                self.streams[opened.id] = opened
            call.reply = Reply(body, data, header.name, header.number, header.epoch, opened)
        return call

    def _receive_on(self, stream: Stream, header: Header, body: bytes, data: list[bytes]) -> None:
        if header.kind == Kind.CREDIT:
            stream.earn(header.number)
        elif header.kind == Kind.END:
            del self.streams[stream.id]
            stream.end(header.name or "finished", _error_of(body) if body else None)
        elif not stream.accept(data):
            self.end_stream(stream, "slow")

    def _receive_stray(self, header: Header) -> None:
        """A late answer is dropped; a stream that nobody waits for any more is closed."""
        self.strays += 1
        if header.kind == Kind.REPLY and header.name == "stream":
            self.put(Stream(header.id).end_message("client_gone"))

    # Ends that come from this side

    def end_stream(self, stream: Stream, reason: str) -> None:
        """Close a stream and tell the peer why."""
        if self.streams.pop(stream.id, None) is not None:
            self.put(stream.end_message(reason))
        stream.end(reason)

    def cancel(self, call: Call) -> None:
        """Take a call back: its outcome is Cancelled, and whoever works on it is told."""
        if not call.done:
            if not call.in_flight:
                self._waiting.remove(call)
            self._give_up(call, Cancelled(f"{_words(call)} was cancelled", operation=call.name))

    def expire(self, now_s: float) -> list[Call]:
        """The calls whose deadline has passed, each with its error."""
        late = [call for call in self.calls.values() if call.due_s <= now_s]
        for call in late:
            self._give_up(call, self._lateness(call))
        if late:
            self._waiting = deque(call for call in self._waiting if not call.done)
        return late

    def next_due_s(self) -> float | None:
        """When the nearest deadline is, None if nothing waits."""
        return min((call.due_s for call in self.calls.values()), default=None)

    def close(self) -> Iterator[Call | Stream]:
        """End all that is under way; gives what is to be woken."""
        for call in list(self.calls.values()):
            self.cancel(call)
            yield call
        for stream in list(self.streams.values()):
            self.end_stream(stream, "finished")
            yield stream

    def _give_up(self, call: Call, error: VirtbusError) -> None:
        if call.in_flight:
            header = Header(version=VERSION, kind=Kind.CANCEL, id=call.id)
            self.put([encode_header(header)])
        self._finish(call)
        call.error = error

    def _finish(self, call: Call) -> None:
        del self.calls[call.id]
        if call.in_flight:
            call.in_flight = False
            self._in_flight -= 1

    def _lateness(self, call: Call) -> VirtbusError:
        if call.sent:
            return DeadlineExceeded(
                f"{_words(call)} was not answered within {call.deadline_s:g} s; "
                "it may or may not have happened: look, then decide",
                operation=call.name,
                deadline_ms=int(call.deadline_s * 1000),
            )
        if self.linked:
            return Overloaded(
                f"{_words(call)} waited {call.deadline_s:g} s behind {WINDOW} others of this "
                "client; nothing was sent",
                retry_after_ms=1000,
            )
        return self._not_connected(f"not reached within {call.deadline_s:g} s")

    def _not_connected(self, what: str) -> NotConnected:
        return NotConnected(
            f"broker at {self.place}: {what}; is virtbus-broker running, and may you open "
            "its socket?",
            endpoint=self.place,
        )


def _words(call: Call) -> str:
    """A call in words for people."""
    return call.name or call.kind.name.lower()


def _error_of(body: bytes) -> VirtbusError:
    try:
        error: Any = from_body(decode_body(body, ErrorBody))
    except (InvalidArgument, ProtocolMismatch) as wrong:
        return ProtocolMismatch("an error came back that cannot be read", cause=str(wrong))
    assert isinstance(error, VirtbusError)
    return error
