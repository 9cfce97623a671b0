"""One stream's state at the client: credit both ways, what is unread, how it ended; no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..errors import (
    AgentGone,
    DeadlineExceeded,
    ErrorBody,
    InvalidState,
    ProtocolMismatch,
    VirtbusError,
    from_body,
)
from ..wire.frames import (
    MAX_DATA_BYTES,
    MIN_DATA_COST_BYTES,
    STREAM_WINDOW_BYTES,
    VERSION,
    Header,
    Kind,
    data_cost_bytes,
    encode_header,
)

CREDIT_STEP_BYTES = STREAM_WINDOW_BYTES // 4


class Stream:
    """Both directions of one stream (PROTOCOL.md, section 7).

    `reason` is empty while the stream is open; `error` is set when it ended with one. `wake` is
    called after each change and belongs to the shell.
    """

    __slots__ = (
        "_consumed_cost_bytes",
        "_received",
        "_unread_bytes",
        "_unread_cost_bytes",
        "credit_bytes",
        "error",
        "granted_bytes",
        "id",
        "reason",
        "wake",
    )

    def __init__(self, identity: bytes) -> None:
        self.id = identity
        self.reason = ""
        self.error: VirtbusError | None = None
        self.credit_bytes = STREAM_WINDOW_BYTES
        self.granted_bytes = STREAM_WINDOW_BYTES
        self.wake: Callable[[], None] = _nobody_waits
        self._received: deque[bytes] = deque()
        self._unread_bytes = 0
        self._unread_cost_bytes = 0
        self._consumed_cost_bytes = 0

    @property
    def unread_bytes(self) -> int:
        """How much has been received and not taken yet; never more than the window."""
        return self._unread_bytes

    @property
    def may_send(self) -> bool:
        """Whether there is credit for a DATA message."""
        return self.credit_bytes >= MIN_DATA_COST_BYTES

    def accept(self, data: list[bytes]) -> bool:
        """Keep received bytes; False if the peer sent more than it was allowed to."""
        size = sum(map(len, data))
        cost_bytes = data_cost_bytes(size)
        if cost_bytes > self.granted_bytes:
            return False
        self.granted_bytes -= cost_bytes
        self._unread_bytes += size
        self._unread_cost_bytes += cost_bytes
        self._received.extend(chunk for chunk in data if chunk)
        return True

    def take(self) -> tuple[bytes, list[bytes] | None]:
        """All bytes that are unread, and the CREDIT message they are worth, if any."""
        data = b"".join(self._received)
        self._received.clear()
        self._unread_bytes = 0
        self._consumed_cost_bytes += self._unread_cost_bytes
        self._unread_cost_bytes = 0
        if self._consumed_cost_bytes < CREDIT_STEP_BYTES or self.reason:
            return data, None
        credit, self._consumed_cost_bytes = self._consumed_cost_bytes, 0
        self.granted_bytes += credit
        header = Header(version=VERSION, kind=Kind.CREDIT, id=self.id, number=credit)
        return data, [encode_header(header)]

    def spend(self, data: memoryview) -> tuple[list[bytes] | None, memoryview]:
        """The DATA message for as much as one frame and the credit allow, and what is left."""
        size = min(len(data), self.credit_bytes, MAX_DATA_BYTES)
        if size == 0 or not self.may_send or self.reason:
            return None, data
        self.credit_bytes -= data_cost_bytes(size)
        header = Header(version=VERSION, kind=Kind.DATA, id=self.id)
        return [encode_header(header), b"", bytes(data[:size])], data[size:]

    def earn(self, credit_bytes: int) -> None:
        """Note that the peer allows so much more."""
        self.credit_bytes += max(0, credit_bytes)

    def end(self, reason: str, error: ErrorBody | VirtbusError | None = None) -> None:
        """Close both directions; what is unread can still be taken."""
        if self.reason:
            return
        self.reason = reason
        if isinstance(error, ErrorBody):
            self.error = from_body(error)
        elif error is not None:
            self.error = error
        elif reason == "agent_gone":
            self.error = AgentGone("the agent left the bus while the stream was open")
        elif reason == "slow":
            self.error = ProtocolMismatch("the stream ended: more was sent than credit allowed")

    def refusal(self) -> VirtbusError:
        """What to raise where the stream is needed open."""
        return self.error or InvalidState(f"the stream has ended: {self.reason}", state=self.reason)

    def lateness(self, timeout_s: float) -> VirtbusError:
        """What to raise when nothing moved in time; the stream stays open."""
        return DeadlineExceeded(
            f"the stream did not move within {timeout_s:g} s", deadline_ms=int(timeout_s * 1000)
        )

    def end_message(self, reason: str) -> list[bytes]:
        """The END that tells the peer."""
        return [encode_header(Header(version=VERSION, kind=Kind.END, id=self.id, name=reason))]


def _nobody_waits() -> None:
    """Until a shell waits for the stream there is nobody to wake."""
