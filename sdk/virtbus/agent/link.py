"""The agent's link to the broker: found, lost, found again; never a reason to exit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import zmq

from ..errors import ErrorBody, RequestError
from ..wire.aio import LoopSocket, watch_link
from ..wire.frames import (
    AgentHello,
    Header,
    Kind,
    decode_body,
    encode_body,
    encode_header,
    split_message,
)
from ..wire.sockets import HEARTBEAT_MS, Role, open_socket
from .logs import Logger

MAX_UNSENT = 10_000
RETRY_S = 1.0
ROOM_S = 0.02

OnMessage = Callable[[Header, bytes, list[bytes]], None]


class Link:
    """One DEALER at the broker's `requests` socket.

    `on_registered` is called after each WELCOME, to send SYNC; `on_message` with each
    message that is not about registration; `on_lost` when the link ends; `on_room` when
    the broker's queue takes messages again after it was full. `state` is
    "disconnected", "registering" or "registered".
    """

    def __init__(
        self,
        run_dir: Path,
        agent_id: bytes,
        epoch: int,
        log: Logger,
        *,
        hello: Callable[[], AgentHello],
        on_registered: Callable[[], None],
        on_message: OnMessage,
        on_lost: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self._address = f"ipc://{run_dir}/requests"
        self._agent_id = agent_id
        self._epoch = epoch
        self._log = log
        self._hello = hello
        self._on_registered = on_registered
        self._on_message = on_message
        self._on_lost = on_lost
        self._on_room = on_room
        self._loop = asyncio.get_running_loop()
        self._unsent: deque[list[bytes]] = deque(maxlen=MAX_UNSENT)
        self._heard_at = 0.0
        self.state = "disconnected"
        self.refusal = ""
        self._raw = open_socket(zmq.Context.instance(), Role.AGENT)
        self._monitor = watch_link(self._raw, self._up, self._down)
        self._socket = LoopSocket(self._raw, self._take)
        self._timer = self._loop.call_later(RETRY_S, self._tick)
        self._retry: asyncio.TimerHandle | None = None

    def connect(self) -> None:
        """Look for the broker from now on; back-off and jitter are the socket's."""
        self._raw.connect(self._address)

    def send(self, frames: list[bytes]) -> bool:
        """Send a publication, if registered; False if it could not be sent.

        It does not overtake what is kept, or a SYNC would undo what was published after it.
        """
        if self.state != "registered" or self._unsent:
            return False
        if not self._socket.send(frames):
            self._retry_soon()
            return False
        return True

    def answer(self, frames: list[bytes]) -> None:
        """Send an answer, or keep it (bounded) until the broker's queue has room.

        Without a link it is dropped: whoever still waits will ask again with the same id.
        """
        if self.state != "registered":
            return
        if self._unsent or not self._socket.send(frames):
            if len(self._unsent) == MAX_UNSENT:
                self._log.error("the broker takes nothing; the oldest answer is dropped")
            self._unsent.append(frames)
            self._retry_soon()

    def register(self) -> None:
        """Send HELLO: at each connection, and when the routes change."""
        self.state = "registering"
        header = Header(version=1, kind=Kind.HELLO, id=self._agent_id, epoch=self._epoch)
        self._socket.send([encode_header(header), encode_body(self._hello())])

    def close(self) -> None:
        """Say goodbye and close."""
        self._timer.cancel()
        if self._retry is not None:
            self._retry.cancel()
        if self.state == "registered":
            self._socket.send([encode_header(Header(version=1, kind=Kind.BYE))])
        self.state = "disconnected"
        self._monitor.close()
        self._socket.close(linger_ms=200)

    def _up(self) -> None:
        self.register()

    def _down(self) -> None:
        if self.state != "disconnected":
            self._log.warning("lost the broker; looking for it", address=self._address)
        self.state = "disconnected"
        self._unsent.clear()
        self._on_lost()

    def _tick(self) -> None:
        """HELLO again after too long a silence, or while the broker refuses."""
        self._timer = self._loop.call_later(RETRY_S, self._tick)
        silent_s = self._loop.time() - self._heard_at
        if self.state == "registering" or (
            self.state == "registered" and silent_s > 3 * HEARTBEAT_MS / 1000
        ):
            self.register()

    def _retry_soon(self) -> None:
        if self._retry is None:
            self._retry = self._loop.call_later(ROOM_S, self._send_kept)

    def _send_kept(self) -> None:
        self._retry = None
        while self._unsent and self.state == "registered":
            if not self._socket.send(self._unsent[0]):
                self._retry_soon()
                return
            self._unsent.popleft()
        if self.state == "registered":
            self._on_room()

    def _take(self, frames: list[bytes]) -> None:
        self._heard_at = self._loop.time()
        try:
            self._handle(*split_message(frames))
        except RequestError as error:
            self._log.warning("the broker sent what cannot be read", reason=str(error))

    def _handle(self, header: Header, body: bytes, data: list[bytes]) -> None:
        if header.kind == Kind.PING:
            self._socket.send([encode_header(Header(version=1, kind=Kind.PONG, id=header.id))])
        elif header.kind == Kind.WELCOME:
            self._welcomed()
        elif header.kind == Kind.ERROR and not header.ticket:
            self._refused(decode_body(body, ErrorBody))
        else:
            self._on_message(header, body, data)

    def _welcomed(self) -> None:
        self.state = "registered"
        self.refusal = ""
        self._log.info("registered at the broker", address=self._address)
        self._on_registered()

    def _refused(self, error: ErrorBody) -> None:
        if error.message != self.refusal:
            self._log.error("the broker refuses this agent; asking again", reason=error.message)
        self.refusal = error.message
