"""The client's end of the protocol, without I/O or clock: what to send and what came back.

A shell opens calls here, sends what `next_message` gives while its socket takes it (telling so by
`mark_sent`), feeds what it receives to `receive`, and says when its link comes and goes. Times are
seconds of any one monotonic clock, passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..errors import (
    Cancelled,
    DeadlineExceeded,
    ErrorBody,
    InvalidArgument,
    NoSuchAgent,
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
from .call import Call, Reply
from .stream import Stream

WINDOW = 256
MAX_WAITING = 20_000
AGENTS_RETURN_S = 3.0
AGAIN_S = 0.1
MAX_DEADLINE_S = 7 * 24 * 3600.0


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
        self._again: deque[tuple[float, Call]] = deque()
        self._was_linked = False
        self._agents_due_s = 0.0

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
        while self._again and self._again[0][0] <= now_s:
            self._waiting.append(self._again.popleft()[1])
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

    def link_up(self, now_s: float) -> None:
        """The broker is there (again); what was in flight goes out again with the same ids."""
        if self._was_linked:
            self._agents_due_s = now_s + AGENTS_RETURN_S
        self.linked = self._was_linked = True
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
            call.unsure = call.kind == Kind.REQUEST
        self._in_flight = 0
        self._waiting.extendleft(reversed(again))
        self._waiting.extend(call for _, call in self._again)
        self._again.clear()
        ended = list(self.streams.values())
        self.streams.clear()
        for stream in ended:
            stream.end("disconnected", self._not_connected("the connection to the broker ended"))
        self._cut_off += ended
        return ended

    # What has come

    def receive(self, frames: list[bytes], now_s: float) -> Call | Stream | None:
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
        error = _error_of(body) if kind == Kind.ERROR else None
        if isinstance(error, NoSuchAgent) and self._may_come_back(call, now_s):
            call.refusal = error
            self._put_off(call, now_s)
            return None
        self._finish(call)
        if error is not None:
            call.error = error
        elif (header.name == "stream") != call.stream:
            call.error = ProtocolMismatch(f"the answer to {call.name} is of the wrong kind")
        else:
            opened = Stream(call.id) if call.stream else None
            if opened is not None:
                self.streams[opened.id] = opened
            call.reply = Reply(body, data, header.name, header.number, header.epoch, opened)
        return call

    def _may_come_back(self, call: Call, now_s: float) -> bool:
        """Whether to ask again instead of believing that there is no agent.

        After a broker's restart its agents need a moment to come back. And of a request that had
        been sent before, nobody but the agent can tell whether it was carried out.
        """
        return call.unsure or now_s < self._agents_due_s

    def _put_off(self, call: Call, now_s: float) -> None:
        if call.in_flight:
            call.in_flight = False
            self._in_flight -= 1
            self._again.append((now_s + AGAIN_S, call))

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
            was_in_line = not call.in_flight
            self._give_up(call, Cancelled(f"{call.words()} was cancelled", operation=call.name))
            if was_in_line:
                self._forget_done()

    def expire(self, now_s: float) -> list[Call]:
        """The calls whose deadline has passed, each with its error."""
        late = [call for call in self.calls.values() if call.due_s <= now_s]
        for call in late:
            self._give_up(call, self._lateness(call))
        if late:
            self._forget_done()
        return late

    def next_due_s(self) -> float | None:
        """When to look again at the latest: the nearest deadline, or a call to be sent again."""
        due_s = min((call.due_s for call in self.calls.values()), default=None)
        if due_s is None or not self._again:
            return due_s
        return min(due_s, self._again[0][0])

    @property
    def has_put_off(self) -> bool:
        """Whether a call is to be sent again at a time that `next_due_s` tells."""
        return bool(self._again)

    def _forget_done(self) -> None:
        self._waiting = deque(call for call in self._waiting if not call.done)
        self._again = deque(item for item in self._again if not item[1].done)

    def close(self) -> Iterator[Call | Stream]:
        """End all that is under way; gives what is to be woken."""
        self._waiting.clear()
        self._again.clear()
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
        if call.refusal is not None and not call.unsure:
            return call.refusal
        if call.sent:
            return DeadlineExceeded(
                f"{call.words()} was not answered within {call.deadline_s:g} s; "
                "it may or may not have happened: look, then decide",
                operation=call.name,
                deadline_ms=int(call.deadline_s * 1000),
            )
        if self.linked:
            return Overloaded(
                f"{call.words()} waited {call.deadline_s:g} s behind {WINDOW} others of this "
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


def _error_of(body: bytes) -> VirtbusError:
    try:
        return from_body(decode_body(body, ErrorBody))
    except (InvalidArgument, ProtocolMismatch, TypeError) as wrong:  # TypeError: odd details
        return ProtocolMismatch("an error came back that cannot be read", cause=str(wrong))
