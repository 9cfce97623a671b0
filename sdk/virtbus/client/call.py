"""One request of a client, and what became of it; no I/O."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from ..errors import NoSuchAgent, VirtbusError
from ..wire.frames import ID_BYTES, VERSION, Header, Kind, encode_header
from .stream import Stream


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

    `sent` tells that it left at least once, `unsure` that a link ended while it was in flight,
    `refusal` that an agent was not there yet after that. The outcome is `reply` or `error`;
    `wake` is called when it is there and belongs to the shell.
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
        "refusal",
        "reply",
        "route",
        "sent",
        "stream",
        "unsure",
        "wake",
    )

    def __init__(
        self, kind: Kind, *, due_s: float, deadline_s: float, route: str, name: str, body: bytes
    ) -> None:
        self.kind = kind
        self.id = os.urandom(ID_BYTES)
        self.route = route
        self.name = name
        self.body = body
        self.due_s = due_s
        self.deadline_s = deadline_s
        self.sent = False
        self.in_flight = False
        self.unsure = False
        self.refusal: NoSuchAgent | None = None
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

    def words(self) -> str:
        """What it is, for people."""
        return self.name or self.kind.name.lower()
