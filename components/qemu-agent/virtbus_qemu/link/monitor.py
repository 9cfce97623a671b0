"""A guest's QMP monitor: commands with deadlines, events, and an end that is always told.

QEMU's own `qemu.qmp` speaks the protocol; this module adds what an agent of many
guests needs and the library leaves to its user: a time limit on connecting and on
each command, a bound on what is in flight, one callback for events instead of
histories that grow for ever, and an error for everybody when the connection ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from qemu.qmp import ConnectError, Message, QMPClient
from qemu.qmp.error import ProtocolError
from qemu.qmp.models import ErrorResponse
from qemu.qmp.protocol import Runstate
from qemu.qmp.util import flush

from virtbus.errors import DeadlineExceeded, HypervisorFailed, Unresponsive, VirtbusError
from virtbus_qemu.errors import MonitorGone, from_qmp

CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 10.0
MAX_MESSAGE_BYTES = 10 * 1024 * 1024  # as libvirt
MAX_PENDING = 256  # commands in flight on one monitor
MAX_UNSENT_BYTES = 1024 * 1024  # written, and not yet taken by QEMU

# Whatever the library would log reaches the owner as the reason of the end.
_LIBRARY_LOG = logging.getLogger("virtbus.qemu.qmp")
_LIBRARY_LOG.setLevel(logging.CRITICAL)


class MonitorEvent(msgspec.Struct, frozen=True):
    """An event as QEMU sent it; `time_ns` is QEMU's own Unix time."""

    name: str
    data: dict[str, Any]
    time_ns: int


class _Connection(QMPClient):
    """`QMPClient` without its message log, event history and per-command queues.

    The library calls `str(message)`, an indented JSON dump, for each message even
    when nobody reads the log, and hands each command to a second task; going past
    both halves the processor time of a command.
    """

    def __init__(self, on_event: Callable[[MonitorEvent], None]) -> None:
        super().__init__(readbuflen=MAX_MESSAGE_BYTES)
        self.logger = _LIBRARY_LOG
        self.last_heard = time.monotonic()
        self.late_replies = 0
        self.replies: dict[str, asyncio.Future[Message]] = {}
        self._on_event = on_event

    def _cb_inbound(self, msg: Message) -> Message:
        return msg

    def _cb_outbound(self, msg: Message) -> Message:
        return msg

    async def _on_message(self, msg: Message) -> None:
        self.last_heard = time.monotonic()
        if "event" in msg:
            self._deliver(_event(msg))
            return
        reply_id = msg.get("id")
        if not isinstance(reply_id, str):
            raise ProtocolError(f"a reply without the id of a command: {bytes(msg)[:200]!r}")
        reply = self.replies.pop(reply_id, None)
        if reply is None:
            self.late_replies += 1
        elif not reply.done():
            reply.set_result(msg)

    def _deliver(self, event: MonitorEvent) -> None:
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - a defect over one event must not cost the link
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"the handler of QEMU's {event.name} event failed", "exception": error}
            )

    def post(self, command: str, arguments: Mapping[str, Any] | None, oob: bool) -> str:
        """Write a command; its reply resolves the future in `replies` under this id."""
        message_id = self._get_exec_id()
        message: dict[str, object] = {"exec-oob" if oob else "execute": command, "id": message_id}
        if arguments is not None:
            message["arguments"] = arguments
        self._do_send(Message(message, eager=False))
        self.replies[message_id] = asyncio.get_running_loop().create_future()
        return message_id

    @property
    def unsent_bytes(self) -> int:
        """What QEMU has not taken from us yet."""
        return self._writer.transport.get_write_buffer_size() if self._writer else 0

    async def drained(self) -> None:
        """Wait until QEMU has taken everything."""
        if self._writer is not None:
            await flush(self._writer)

    def abort(self) -> None:
        """Break the connection now, even when QEMU takes nothing more from us."""
        if self._writer is not None:
            self._writer.transport.abort()


class Monitor:
    """The agent's connection to one guest's monitor socket.

    Made by `Monitor.connect`. `on_event` is called with each event, in order, from
    the event loop, the first ones perhaps before `connect` has returned; `on_end` is
    called once, after the last event, with the reason the connection ended. Both must
    return quickly and must not raise.
    """

    def __init__(
        self, on_event: Callable[[MonitorEvent], None], on_end: Callable[[str], None]
    ) -> None:
        self._connection = _Connection(on_event)
        self._on_end = on_end
        self._end_reason = ""
        self._watch: asyncio.Task[None] | None = None
        self._fd_lock = asyncio.Lock()
        self._silent_since = 0.0  # monotonic, to compare with what was heard
        self._silent_since_ms = 0

    @classmethod
    async def connect(
        cls,
        path: str,
        *,
        on_event: Callable[[MonitorEvent], None],
        on_end: Callable[[str], None],
        timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> Monitor:
        """Connect to the UNIX socket at `path` and negotiate.

        On return commands can be executed and events flow. Raises Unresponsive if
        nothing came of it within `timeout_s`, HypervisorFailed if nobody listens
        there, the peer hangs up, or what it speaks is not QMP. After an error
        `on_end` is never called.
        """
        monitor = cls(on_event, on_end)
        try:
            async with asyncio.timeout(timeout_s):
                await monitor._connection.connect(path)
        except TimeoutError as error:
            raise Unresponsive(
                f"the guest's monitor did not greet within {timeout_s:g} s; "
                "is its process stopped, or the host overloaded?",
                since_ms=_unix_ms() - int(timeout_s * 1000),
            ) from error
        except ConnectError as error:
            raise HypervisorFailed(
                "no connection to the guest's monitor; see the guest's log",
                cause=str(error),
                operation="connect",
            ) from error
        monitor._watch = asyncio.create_task(monitor._watch_end(), name=f"monitor {path}")
        return monitor

    @property
    def greeting(self) -> dict[str, Any]:
        """The `QMP` object QEMU greeted with: its version and capabilities."""
        greeting = self._connection.greeting
        return dict(greeting._raw["QMP"]) if greeting else {}  # noqa: SLF001 - no public form

    @property
    def end_reason(self) -> str:
        """Why the connection ended; empty while it stands."""
        return self._end_reason

    @property
    def silent_since_ms(self) -> int | None:
        """Unix time since when QEMU leaves commands unanswered; None while it answers."""
        return self._silent_since_ms if self._connection.last_heard < self._silent_since else None

    @property
    def late_replies(self) -> int:
        """How many replies came after their command's time was up, and were dropped."""
        return self._connection.late_replies

    async def execute(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = COMMAND_TIMEOUT_S,
        oob: bool = False,
    ) -> Any:
        """Run one command and return its `return` value.

        Commands may overlap freely; QEMU answers them in order, `oob` ones at once.

        Raises the error that `virtbus_qemu.errors.from_qmp` gives for QEMU's refusal;
        DeadlineExceeded after `timeout_s` (the command may still take effect; the
        connection and other commands are not harmed); MonitorGone if the connection
        ends first; Unresponsive, with nothing sent, if QEMU already leaves too much
        unread.
        """
        self._check_room(command)
        message_id = self._connection.post(command, arguments, oob)
        return _value(await self._answer(message_id, command, timeout_s), command)

    async def send_fd(self, name: str, fd: int, *, timeout_s: float = COMMAND_TIMEOUT_S) -> None:
        """Hand QEMU a copy of `fd`, known to it as `name` from then on (QMP `getfd`).

        The caller keeps and closes its own. Raises as `execute`.
        """
        try:
            async with asyncio.timeout(timeout_s), self._fd_lock:
                await self._connection.drained()
                self._check_room("getfd")
                # No other message may come between the descriptor and its command.
                self._connection.send_fd_scm(fd)
                await self.execute("getfd", {"fdname": name}, timeout_s=timeout_s)
        except TimeoutError as error:
            raise self._too_late("getfd", timeout_s) from error
        except (BlockingIOError, ConnectionError) as error:
            raise MonitorGone("the monitor takes no descriptor", cause=str(error)) from error

    async def close(self) -> None:
        """Break the connection; the guest is not affected.

        On return the socket is closed, every pending command has failed with
        MonitorGone and `on_end` has been called.
        """
        self._end_reason = self._end_reason or "closed by the agent"
        self._connection.abort()
        if self._watch is not None:
            await asyncio.shield(self._watch)

    def _check_room(self, command: str) -> None:
        if self._end_reason or self._connection.runstate is not Runstate.RUNNING:
            raise MonitorGone(
                f"{command} was not sent: the connection to the guest's monitor has ended",
                cause=self._end_reason,
            )
        unsent_bytes = self._connection.unsent_bytes
        if len(self._connection.replies) >= MAX_PENDING or unsent_bytes > MAX_UNSENT_BYTES:
            raise Unresponsive(
                f"{command} was not sent: QEMU leaves {len(self._connection.replies)} commands "
                "unanswered; is its process stopped, or its storage hung?",
                since_ms=self.silent_since_ms or _unix_ms(),
            )

    async def _answer(self, message_id: str, command: str, timeout_s: float) -> Message:
        reply = self._connection.replies[message_id]

        def expire() -> None:
            if not reply.done():
                reply.set_exception(self._too_late(command, timeout_s))

        timer = asyncio.get_running_loop().call_later(timeout_s, expire)
        try:
            return await reply
        finally:
            timer.cancel()
            self._connection.replies.pop(message_id, None)

    def _too_late(self, command: str, timeout_s: float) -> DeadlineExceeded:
        sent = time.monotonic() - timeout_s
        if self.silent_since_ms is None and self._connection.last_heard < sent:
            self._silent_since = sent
            self._silent_since_ms = _unix_ms() - int(timeout_s * 1000)
        return DeadlineExceeded(
            f"QEMU did not answer {command} within {timeout_s:g} s; it may still take effect",
            operation=command,
            deadline_ms=int(timeout_s * 1000),
        )

    async def _watch_end(self) -> None:
        connection = self._connection
        while connection.runstate is Runstate.RUNNING:
            await connection.runstate_changed()
        connection.abort()  # a close would wait until a stuck peer has read all
        reason = await _reason(connection.disconnect())
        self._end_reason = self._end_reason or reason
        for reply in list(connection.replies.values()):
            if not reply.done():
                reply.set_exception(
                    MonitorGone(
                        "the connection to the guest's monitor ended before the answer came",
                        cause=self._end_reason,
                    )
                )
        self._on_end(self._end_reason)


async def _reason(disconnected: Awaitable[None]) -> str:
    try:
        await disconnected
    except EOFError:
        return "QEMU closed the connection"
    except Exception as error:  # noqa: BLE001 - whatever broke the reader is the reason we return
        return f"{type(error).__name__}: {error}"
    return "disconnected"


def _event(message: Message) -> MonitorEvent:
    name, data = message["event"], message.get("data", {})
    stamp = message.get("timestamp")
    if not (isinstance(name, str) and isinstance(data, dict) and isinstance(stamp, dict)):
        raise ProtocolError(f"a malformed event: {bytes(message)[:200]!r}")
    seconds, microseconds = stamp.get("seconds"), stamp.get("microseconds")
    if not (isinstance(seconds, int) and isinstance(microseconds, int)):
        raise ProtocolError(f"an event without a time: {bytes(message)[:200]!r}")
    return MonitorEvent(name, data, seconds * 1_000_000_000 + microseconds * 1000)


def _value(reply: Message, command: str) -> Any:
    if "return" in reply:
        return reply["return"]
    raise _refusal(reply, command)


def _refusal(reply: Message, command: str) -> VirtbusError:
    try:
        error = ErrorResponse(reply).error
    except (KeyError, TypeError) as malformed:
        return HypervisorFailed(
            f"QEMU's answer to {command} is malformed", cause=str(malformed), operation=command
        )
    return from_qmp(error.class_, error.desc, command)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
