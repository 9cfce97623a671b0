"""A subscription's state: links, welcomes and messages; no I/O (PROTOCOL.md, section 6)."""

from __future__ import annotations

import os
from enum import Enum
from typing import NamedTuple

from ..errors import ProtocolMismatch
from ..wire.frames import Header, decode_header
from ..wire.sockets import UPDATES_QUEUE

PATIENCE_S = 3.0
LONG_BURST = UPDATES_QUEUE // 2


class LinkChange(Enum):
    """LINKED: from here on nothing is missed, ask for what is before; LOST: nothing comes now.

    OVERRUN: so much came at once that the queue may have been full, and the last of it be missing.
    """

    LINKED = "linked"
    LOST = "lost"
    OVERRUN = "overrun"


class Update(NamedTuple):
    """A publication."""

    header: Header
    body: bytes


class FeedState:
    """What a subscriber's socket has said, put in order.

    Whatever comes on a new link before its welcome is dropped: who subscribes asks for that anyway.
    """

    def __init__(self) -> None:
        self.welcome_topic = b""
        self.up = False
        self.linked = False
        self._asked_s = -PATIENCE_S
        self._burst = 0

    def link_up(self) -> None:
        """There is a connection; `ask` is to follow."""
        self.up = True

    def link_down(self) -> bool:
        """There is none; True if that is news."""
        was_linked, self.linked, self.up = self.linked, False, False
        self._asked_s = -PATIENCE_S
        return was_linked

    def must_ask(self, now_s: float) -> bool:
        """Whether a welcome is to be asked for: on a new link, and again when none came."""
        return self.up and not self.linked and now_s >= self._asked_s + PATIENCE_S

    def ask(self, now_s: float) -> bytes:
        """The welcome topic to subscribe to, after all others."""
        self._asked_s = now_s
        self.welcome_topic = b"welcome " + os.urandom(16).hex().encode()
        return self.welcome_topic

    def patience_s(self, left_s: float) -> float:
        """How long to sleep before looking again, of the time that is left."""
        return left_s if self.linked else min(left_s, PATIENCE_S)

    def receive(self, frames: list[bytes]) -> LinkChange | Update | None:
        """What a message means, None if nothing."""
        if frames[0].startswith(b"welcome "):
            if frames[0] != self.welcome_topic or self.linked:
                return None
            self.linked = True
            return LinkChange.LINKED
        if not self.linked or len(frames) != 3:
            return None
        try:
            update = Update(decode_header(frames[1]), frames[2])
        except ProtocolMismatch:
            return None
        self._burst += 1
        return update

    def empty(self) -> LinkChange | None:
        """The queue has been read to its end: OVERRUN if it was long."""
        burst, self._burst = self._burst, 0
        return LinkChange.OVERRUN if burst >= LONG_BURST else None
