"""A client that speaks the protocol frame by frame: it chooses ids, doors and broken bodies."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import zmq

from virtbus.errors import DeadlineExceeded, ErrorBody, from_body
from virtbus.operations import Request, operation_of
from virtbus.operations.event import AnyEvent
from virtbus.wire.frames import (
    BrokerStatus,
    Header,
    Kind,
    data_cost_bytes,
    decode_body,
    encode_body,
    encode_header,
    split_index,
    split_message,
)
from virtbus.wire.sockets import Role, open_socket

ReplyT = TypeVar("ReplyT")
DEADLINE_S = 10.0
GRACE_S = 3.0


class Message(msgspec.Struct, frozen=True):
    """A message received."""

    header: Header
    body: bytes
    data: list[bytes]


class RawClient:
    """One DEALER; answers are kept until somebody asks for the outcome of their id."""

    def __init__(self, run_dir: Path, *, readonly: bool = False) -> None:
        self._socket = open_socket(zmq.Context.instance(), Role.CLIENT)
        self._socket.connect(f"ipc://{run_dir}/requests{'-ro' if readonly else ''}")
        self._kept: list[Message] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(0)

    def send(self, kind: Kind, body: bytes = b"", *data: bytes, **fields: Any) -> None:
        """Send a message; waits for the link, at most DEADLINE_S."""
        assert self._socket.poll(_ms(DEADLINE_S), zmq.POLLOUT), "no link to the broker"
        header = encode_header(Header(version=1, kind=kind, **fields))
        self._socket.send_multipart([header, body, *data])

    def receive(self, *, timeout_s: float = DEADLINE_S) -> Message | None:
        """The next message; None when there was none in time."""
        if not self._socket.poll(_ms(timeout_s)):
            return None
        return Message(*split_message(self._socket.recv_multipart()))

    def take(self, fits: Callable[[Message], bool], *, timeout_s: float) -> Message | None:
        """The first message that fits, kept or new; the others are kept."""
        for message in self._kept:
            if fits(message):
                self._kept.remove(message)
                return message
        end = time.monotonic() + timeout_s
        while (new := self.receive(timeout_s=end - time.monotonic())) is not None:
            if fits(new):
                return new
            self._kept.append(new)
        return None

    def pings(self, *, timeout_s: float) -> bool:
        """Whether the broker answers PING in time."""
        if not self._socket.poll(_ms(timeout_s), zmq.POLLOUT):
            return False
        self.send(Kind.PING, id=b"p" * 16)
        return self.take(lambda m: m.header.kind == Kind.PONG, timeout_s=timeout_s) is not None

    def status(self) -> BrokerStatus:
        """The broker's status."""
        id = os.urandom(16)
        self.send(Kind.STATUS, id=id)
        return decode_body(self.answer(id, timeout_s=DEADLINE_S).body, BrokerStatus)

    def send_request(
        self,
        route: str,
        request: Request[Any],
        *,
        id: bytes | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> bytes:
        """Send a request without waiting; gives its id."""
        operation = operation_of(request)
        return self.send_body(
            route, operation.name, encode_body(request), id=id, deadline_s=deadline_s
        )

    def send_body(
        self,
        route: str,
        name: str,
        body: bytes,
        *,
        id: bytes | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> bytes:
        """Send a request whose body is what you say."""
        id = id or os.urandom(16)
        number = int(deadline_s * 1000)
        self.send(Kind.REQUEST, body, id=id, route=route, name=name, number=number)
        return id

    def answer(self, id: bytes, *, timeout_s: float) -> Message:
        """The REPLY to an id; raises what an ERROR carries, DeadlineExceeded without an answer."""
        message = self.take(
            lambda m: m.header.id == id and m.header.kind in (Kind.REPLY, Kind.ERROR),
            timeout_s=timeout_s,
        )
        if message is None:
            raise DeadlineExceeded(f"no answer in {timeout_s} s, none from the agent either")
        if message.header.kind == Kind.ERROR:
            raise from_body(decode_body(message.body, ErrorBody))
        return message

    def outcome(self, id: bytes, request: Request[ReplyT], *, timeout_s: float) -> ReplyT:
        """The reply to a request sent before, as its operation's type."""
        reply: ReplyT = decode_body(
            self.answer(id, timeout_s=timeout_s).body, operation_of(request).reply
        )
        return reply

    def call(
        self, route: str, request: Request[ReplyT], *, deadline_s: float = DEADLINE_S
    ) -> ReplyT:
        """Ask an agent and wait for its answer."""
        id = self.send_request(route, request, deadline_s=deadline_s)
        return self.outcome(id, request, timeout_s=deadline_s + GRACE_S)

    def cancel(self, id: bytes) -> None:
        """Take a request back."""
        self.send(Kind.CANCEL, id=id)

    def read(self, route: str, key: str) -> Message:
        """A published value as the broker has it; the name is "absent" if it has none."""
        id = os.urandom(16)
        self.send(Kind.READ, id=id, route=route, name=key)
        return self.answer(id, timeout_s=DEADLINE_S)

    def snapshot(self, route: str, prefix: str) -> dict[str, bytes]:
        """All published values under a prefix, once the agent has sent them."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            id = os.urandom(16)
            self.send(Kind.SNAPSHOT, id=id, route=route, name=prefix)
            reply = self.answer(id, timeout_s=DEADLINE_S)
            if reply.header.name != "absent":
                return split_index(reply.body, b"".join(reply.data))
            time.sleep(0.01)
        raise AssertionError(f"no snapshot of {route} in {DEADLINE_S} s")

    def open_stream(self, route: str, request: Request[None]) -> ClientStream:
        """Open a stream; raises what the agent answers instead."""
        id = self.send_request(route, request)
        assert self.answer(id, timeout_s=DEADLINE_S).header.name == "stream"
        return ClientStream(self, id)


class ClientStream:
    """The client's end of a stream, without automatic credit."""

    def __init__(self, client: RawClient, id: bytes) -> None:
        self._client = client
        self.id = id

    def write(self, data: bytes) -> None:
        """Send bytes, within the credit or not."""
        self._client.send(Kind.DATA, b"", data, id=self.id)

    def give(self, count_bytes: int) -> None:
        """Give credit."""
        self._client.send(Kind.CREDIT, id=self.id, number=count_bytes)

    def end(self) -> None:
        """End the stream."""
        self._client.send(Kind.END, id=self.id, name="finished")

    def next(self, *, timeout_s: float = DEADLINE_S) -> Message | None:
        """The next DATA, CREDIT or END."""
        kinds = (Kind.DATA, Kind.CREDIT, Kind.END)
        return self._client.take(
            lambda m: m.header.id == self.id and m.header.kind in kinds, timeout_s=timeout_s
        )

    def read_until(self, wanted: bytes, *, timeout_s: float = DEADLINE_S) -> bytes:
        """All that came until `wanted` was in it; gives credit for it."""
        got = b""
        end = time.monotonic() + timeout_s
        while wanted not in got:
            message = self.next(timeout_s=end - time.monotonic())
            assert message is not None, f"no {wanted!r} in {timeout_s} s, only {got!r}"
            assert message.header.kind != Kind.END, f"ended ({message.header.name}) after {got!r}"
            if message.header.kind == Kind.DATA:
                got += b"".join(message.data)
                self.give(data_cost_bytes(sum(map(len, message.data))))
        return got

    def read_end(self, *, timeout_s: float = DEADLINE_S) -> str:
        """The reason of END; what comes before is dropped."""
        while (message := self.next(timeout_s=timeout_s)) is not None:
            if message.header.kind == Kind.END:
                return message.header.name
        raise AssertionError(f"no END in {timeout_s} s")


class Subscriber:
    """One SUB at the `updates` socket."""

    def __init__(self, run_dir: Path, topics: Sequence[str]) -> None:
        self._socket = open_socket(zmq.Context.instance(), Role.SUBSCRIBER)
        self._socket.connect(f"ipc://{run_dir}/updates")
        for topic in topics:
            self._socket.subscribe(topic)
        welcome = f"welcome {secrets.token_hex(16)}"
        self._socket.subscribe(welcome)
        end = time.monotonic() + DEADLINE_S
        while True:
            update = self.next(timeout_s=end - time.monotonic())
            assert update is not None, "the broker did not welcome the subscriber"
            if update[0] == welcome:
                return

    def next(self, *, timeout_s: float = DEADLINE_S) -> tuple[str, Header, bytes] | None:
        """The next topic, header and body; None when there was none in time."""
        if not self._socket.poll(_ms(timeout_s)):
            return None
        topic, *frames = self._socket.recv_multipart()
        header, body, _ = split_message(frames)
        return topic.decode(), header, body

    def event(self, fits: Callable[[AnyEvent], bool], *, timeout_s: float = DEADLINE_S) -> AnyEvent:
        """The next event that fits."""
        seen = []
        end = time.monotonic() + timeout_s
        while (update := self.next(timeout_s=end - time.monotonic())) is not None:
            if not update[1].name.startswith("event/"):
                continue
            event: AnyEvent = decode_body(update[2], AnyEvent)  # type: ignore[arg-type]  # a union is a type to msgspec
            if fits(event):
                return event
            seen.append(event)
        raise AssertionError(f"no such event in {timeout_s} s, only {seen}")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(0)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
