"""From a REQUEST to its one answer: check, authorise, wait for the slot, handle, journal, reply."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import structlog

from ..errors import (
    Cancelled,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    NotAllowed,
    Overloaded,
    StateError,
    StoreFailed,
    Unsupported,
    VirtbusError,
)
from ..operations import Effect
from ..wire.frames import (
    MAX_FRAME_BYTES,
    Header,
    Kind,
    decode_body,
    encode_body,
    encode_header,
)
from ..wire.grants import allows
from .builtin import Packed
from .driver import Call, Handler
from .host import Host, current_call, slot_key
from .journal import Journal, Outcome, foreign_id
from .link import Link
from .logs import Logger
from .stream import Stream

MAX_RUNNING = 5000
MAX_DEADLINE_S = 24 * 3600.0
MARGIN_S = 0.1
END_CHANGE_S = 2.0
SLOW_INLINE_S = 0.05
FORCE_JOURNAL_S = 0.5


class Route(msgspec.Struct, frozen=True):
    """What serves one route: its host and its handlers by operation name."""

    host: Host[Any]
    handlers: dict[str, Handler]


class _Running(msgspec.Struct, kw_only=True):
    """A request whose handler waits; once `settled`, its outcome can no longer be cancelled."""

    call: Call
    ticket: int
    task: asyncio.Task[None] | None = None
    started: bool = False
    cancelled: bool = False
    settled: bool = False

    def cancel(self) -> bool:
        """Tell it to stop; says whether there was something to stop.

        A task that is cancelled before its first step would end without a trace: it looks itself.
        """
        if self.settled:
            return False
        if not self.cancelled:
            self.cancelled = True
            if self.started and self.task is not None:
                self.task.cancel()
        return True


class Dispatcher:
    """Executes the requests of all routes of one agent process; owns their tasks and streams."""

    def __init__(self, link: Link, journal: Journal, log: Logger) -> None:
        self._link = link
        self._journal = journal
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._running: dict[bytes, _Running] = {}
        self._tickets: dict[int, bytes] = {}
        self._streams: dict[int, Stream] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._running)

    def request(
        self, route: Route, header: Header, body: bytes, arrived_s: float | None = None
    ) -> None:
        """Take a request; it is answered once, now or later.

        `arrived_s` is when it came, of the loop's clock, if that was not now.
        """
        if self._closing:
            return  # the goodbye answers it
        try:
            handler, request = self._check(route, header, body)
            if self._is_asked_again(header, handler):
                return
            if len(self._running) >= MAX_RUNNING:
                raise Overloaded("too many requests are running at the agent", retry_after_ms=500)
        except VirtbusError as error:
            self._answer(route, _kind_of(header.name), header.ticket, _outcome_of(error))
            return
        call = self._call(header, handler, self._loop.time() if arrived_s is None else arrived_s)
        if not handler.waits:
            outcome = self._handle_now(handler, call, request)
            self._answer(route, call.operation.kind, header.ticket, outcome)
            return
        running = _Running(call=call, ticket=header.ticket)
        self._running[header.id] = running
        self._tickets[header.ticket] = header.id
        running.task = self._loop.create_task(self._work(route, handler, running, request))
        running.task.add_done_callback(lambda task: self._ended(route, running, task))

    def cancel(self, ticket: int) -> None:
        """Cancel the request of a ticket, if it is still running."""
        if (request_id := self._tickets.get(ticket)) is not None:
            self.cancel_id(request_id.hex())

    def cancel_id(self, request_id: str) -> bool:
        """Cancel a request by its id in hexadecimal digits; says whether it was running."""
        try:
            running = self._running.get(bytes.fromhex(request_id))
        except ValueError:
            return False
        return running is not None and running.cancel()

    def stream_message(self, header: Header, data: list[bytes]) -> None:
        """Take DATA, CREDIT or END of a stream; unknown ones are over and are dropped."""
        stream = self._streams.get(header.ticket)
        if stream is None:
            return
        if header.kind == Kind.DATA:
            stream.take_data(b"".join(data))
        elif header.kind == Kind.CREDIT:
            stream.take_credit(header.number)
        else:
            stream.peer_ended(header.name)
            self.cancel(header.ticket)

    def link_lost(self) -> None:
        """End all streams: their clients are gone with the broker."""
        for ticket, stream in list(self._streams.items()):
            stream.peer_ended("broker_gone")
            self.cancel(ticket)

    async def close(self) -> None:
        """Take nothing more, cancel what runs, and wait until it has ended."""
        self._closing = True
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check(self, route: Route, header: Header, body: bytes) -> tuple[Handler, Any]:
        handler = route.handlers.get(header.name)
        if handler is None:
            raise Unsupported(
                f"{route.host.route} does not support {header.name!r}", operation=header.name
            )
        operation = handler.operation
        request = decode_body(body, operation.request)
        effect = Effect.CHANGE if operation.secret else operation.effect
        kind = operation.guarded_kind(request)
        if not allows(header.grants, effect, kind, header.route):
            raise NotAllowed(
                f"{operation.name} needs the grant {effect}:{kind}:{header.route}; "
                "connect read-write, or ask for another role",
                operation=operation.name,
                role=header.sender,
            )
        return handler, request

    def _is_asked_again(self, header: Header, handler: Handler) -> bool:
        """Whether the request runs already: its outcome goes to the new ticket then.

        A stream that is asked for again has lost its client's end, and is opened anew.
        """
        known = self._running.get(header.id)
        if known is None:
            return False
        if (known.call.operation, known.call.sender) != (handler.operation, header.sender):
            raise foreign_id()
        if handler.operation.stream:
            known.cancel()
            self._forget(known)
            return False
        self._tickets.pop(known.ticket, None)
        known.ticket = header.ticket
        self._tickets[header.ticket] = header.id
        return True

    def _call(self, header: Header, handler: Handler, arrived_s: float) -> Call:
        left_s = min(header.number / 1000, MAX_DEADLINE_S)
        deadline = arrived_s + max(left_s - MARGIN_S, left_s / 2)
        return Call(
            id=header.id,
            operation=handler.operation,
            route=header.route,
            sender=header.sender,
            grants=header.grants,
            deadline=deadline,
        )

    def _handle_now(self, handler: Handler, call: Call, request: Any) -> Outcome:
        started = time.perf_counter()
        try:
            return _outcome(handler.function(request))
        except Exception as error:  # noqa: BLE001  # a defect must not take the agent down
            return _outcome_of(self._error_of(call, error))
        finally:
            if (took_s := time.perf_counter() - started) > SLOW_INLINE_S:
                self._log.warning(
                    "slow handler", operation=call.operation.name, took_ms=int(took_s * 1000)
                )

    async def _work(self, route: Route, handler: Handler, running: _Running, request: Any) -> None:
        current_call.set(running.call)
        structlog.contextvars.bind_contextvars(request=running.call.id.hex()[:8])
        running.started = True
        if running.cancelled:
            self._forget(running)
            self._settle(route, running, _cancelled(running.call))
        elif handler.operation.stream:
            await self._run_stream(route, handler, running, request)
        else:
            await self._run(route, handler, running, request)

    def _ended(self, route: Route, running: _Running, task: asyncio.Task[None]) -> None:
        """Answer even what ended by a defect in the dispatcher itself."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        assert isinstance(error, Exception)  # the loop itself ends with the others
        self._settle(route, running, _outcome_of(self._error_of(running.call, error)))

    async def _run(self, route: Route, handler: Handler, running: _Running, request: Any) -> None:
        try:
            outcome = await self._journalled(route, handler, running, request)
        finally:
            self._forget(running)
        self._settle(route, running, outcome)

    async def _run_stream(
        self, route: Route, handler: Handler, running: _Running, request: Any
    ) -> None:
        call, ticket = running.call, running.ticket
        error: VirtbusError | None = None
        limit = asyncio.timeout_at(call.deadline)
        stream = Stream(
            lambda head, body, data: self._send_stream(ticket, head, body, data),
            on_accept=lambda: limit.reschedule(None),
        )
        self._streams[ticket] = stream
        try:
            async with limit:
                await handler.function(request, stream)
        except asyncio.CancelledError:
            if not running.cancelled:
                raise
            error = _cancellation(call)
        except Exception as raised:  # noqa: BLE001  # a defect must not take the agent down
            error = self._error_of(call, raised)
        finally:
            self._forget(running)
            self._streams.pop(ticket, None)
        if error is not None and not stream.accepted:
            self._answer(route, call.operation.kind, ticket, _outcome_of(error))
            return
        stream.accept()
        stream.end("finished", error)

    def _forget(self, running: _Running) -> None:
        if self._running.get(running.call.id) is running:
            del self._running[running.call.id]
        self._tickets.pop(running.ticket, None)

    async def _journalled(
        self, route: Route, handler: Handler, running: _Running, request: Any
    ) -> Outcome:
        call = running.call
        try:
            earlier = await self._begin(call)
            if earlier is not None:
                return earlier
            outcome = await self._handle(route, handler, call, request)
        except VirtbusError as error:
            return _outcome_of(error)
        except asyncio.CancelledError:
            if not running.cancelled:
                raise
            outcome = _cancelled(call)
        running.settled = True
        await self._finish(call, outcome)
        return outcome

    async def _begin(self, call: Call) -> Outcome | None:
        """Enter a change into the journal. A FORCE goes on without, if the store fails or hangs."""
        effect = call.operation.effect
        if effect is Effect.READ:
            return None
        try:
            async with asyncio.timeout(FORCE_JOURNAL_S if effect is Effect.FORCE else None):
                return await self._journal.begin(call)
        except (StoreFailed, Overloaded, TimeoutError) as error:
            if effect is not Effect.FORCE:
                raise
            self._log.error("done without the journal", reason=str(error) or "the store hangs")
            return None

    async def _finish(self, call: Call, outcome: Outcome) -> None:
        effect = call.operation.effect
        if effect is Effect.READ:
            return
        try:
            async with asyncio.timeout(FORCE_JOURNAL_S if effect is Effect.FORCE else None):
                await self._journal.finish(call, outcome)
        except (VirtbusError, TimeoutError) as error:
            self._log.error("an outcome is not journalled", reason=str(error) or "the store hangs")

    async def _handle(self, route: Route, handler: Handler, call: Call, request: Any) -> Outcome:
        operation = call.operation
        try:
            if operation.effect is Effect.CHANGE and operation.target:
                key = slot_key(operation.kind, getattr(request, operation.target))
                async with route.host.slots.hold(key, call):
                    return await self._within_deadline(handler, call, request)
            if operation.ends_change:
                return await self._ending_change(route, handler, call, request)
            return await self._within_deadline(handler, call, request)
        except Exception as error:  # noqa: BLE001  # a defect must not take the agent down
            return _outcome_of(self._error_of(call, error))

    async def _ending_change(
        self, route: Route, handler: Handler, call: Call, request: Any
    ) -> Outcome:
        """Cancel the change under way, then handle; a start cancelled left nothing to end."""
        operation = call.operation
        key = slot_key(operation.kind, getattr(request, operation.target))
        held = route.host.slots.holder(key)
        if held is None or not held[0].operation.touches_guest:
            return await self._within_deadline(handler, call, request)
        holder, ended = held
        self.cancel_id(holder.id.hex())
        try:
            async with asyncio.timeout(END_CHANGE_S):
                await ended.wait()
        except TimeoutError:
            self._log.warning("a change does not end", operation=holder.operation.name)
        try:
            return await self._within_deadline(handler, call, request)
        except StateError:
            return _outcome(None)

    async def _within_deadline(self, handler: Handler, call: Call, request: Any) -> Outcome:
        if self._loop.time() >= call.deadline:
            raise DeadlineExceeded(
                f"{call.operation.name} was not begun: its deadline had passed; ask again",
                operation=call.operation.name,
            )
        async with asyncio.timeout_at(call.deadline):
            return _outcome(await handler.function(request))

    def _error_of(self, call: Call, error: Exception) -> VirtbusError:
        """The catalogue's error for what a handler raised."""
        name = call.operation.name
        if isinstance(error, VirtbusError):
            return error
        if isinstance(error, TimeoutError):
            return DeadlineExceeded(
                f"{name} was not done within its deadline; look at the object", operation=name
            )
        self._log.error("defect", operation=name, exc_info=error)
        return InternalError(
            f"a defect in the agent; its log has the trace under request {call.id.hex()[:8]}",
            cause=f"{type(error).__name__}: {error}",
        )

    def _settle(self, route: Route, running: _Running, outcome: Outcome) -> None:
        self._answer(route, running.call.operation.kind, running.ticket, outcome)

    def _answer(self, route: Route, kind: str, ticket: int, outcome: Outcome) -> None:
        """Answer a request of an operation of `kind`, with the number its states have reached."""
        feed = route.host.feeds.get(kind)
        number, epoch = (feed.number, feed.epoch) if feed is not None else (0, 0)
        if len(outcome.body) > MAX_FRAME_BYTES:
            outcome = _outcome_of(_too_large(len(outcome.body)))
        header = Header(version=1, kind=outcome.kind, ticket=ticket, number=number, epoch=epoch)
        self._link.answer([encode_header(header), outcome.body])

    def _send_stream(self, ticket: int, head: Header, body: bytes, data: bytes | None) -> None:
        header = msgspec.structs.replace(head, ticket=ticket)
        frames = [encode_header(header), body]
        self._link.answer(frames if data is None else [*frames, data])


def _kind_of(operation: str) -> str:
    return operation.partition(".")[0]


def _outcome(reply: Any) -> Outcome:
    body = reply.body if isinstance(reply, Packed) else encode_body(reply)
    return Outcome(Kind.REPLY, body)


def _outcome_of(error: VirtbusError) -> Outcome:
    return Outcome(Kind.ERROR, encode_body(error.to_body()))


def _too_large(size_bytes: int) -> InvalidArgument:
    reason = f"the reply has {size_bytes} bytes, {MAX_FRAME_BYTES} fit a message; ask for less"
    return InvalidArgument(reason, field="", reason=reason)


def _cancellation(call: Call) -> Cancelled:
    name = call.operation.name
    return Cancelled(f"{name} was cancelled by its caller", operation=name)


def _cancelled(call: Call) -> Outcome:
    return _outcome_of(_cancellation(call))
