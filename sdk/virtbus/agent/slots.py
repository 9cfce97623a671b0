"""Change slots: one change at a time for each object, in order of arrival, within deadlines."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from ..errors import Busy
from ..operations.agent import SlotStatus
from .driver import Call

MAX_WAITING = 256
_INSTANT_S = 0.001


class _Slot(msgspec.Struct, kw_only=True):
    holder: Call
    since_ms: int
    deadline_ms: int
    waiting: deque[asyncio.Future[None]]
    ended: asyncio.Event


class Slots:
    """The change slots of one route. A slot exists only while it is held."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}

    @asynccontextmanager
    async def hold(self, key: str, call: Call) -> AsyncIterator[None]:
        """Hold the slot of `key`; raises Busy, naming the holder, if the deadline comes first."""
        await self._acquire(key, call)
        try:
            yield
        finally:
            self._release(key)

    def status(self) -> tuple[SlotStatus, ...]:
        """The slots that are held now."""
        return tuple(
            SlotStatus(
                slot=key,
                operation=slot.holder.operation.name,
                owner=slot.holder.sender,
                request_id=slot.holder.id.hex(),
                since_ms=slot.since_ms,
                deadline_ms=slot.deadline_ms,
                waiting=len(slot.waiting),
            )
            for key, slot in self._slots.items()
        )

    def holder(self, key: str) -> tuple[Call, asyncio.Event] | None:
        """Who holds the slot of `key`, and what is set once that one has let go of it."""
        slot = self._slots.get(key)
        return None if slot is None else (slot.holder, slot.ended)

    async def _acquire(self, key: str, call: Call) -> None:
        slot = self._slots.get(key)
        if slot is None:
            self._slots[key] = _taken(call, deque())
            return
        loop = asyncio.get_running_loop()
        if len(slot.waiting) >= MAX_WAITING:
            raise self._busy(key, slot)
        turn: asyncio.Future[None] = loop.create_future()
        slot.waiting.append(turn)
        try:
            async with asyncio.timeout_at(call.deadline):
                await turn
        except TimeoutError:
            self._leave(key, turn)
            raise self._busy(key, slot) from None
        except asyncio.CancelledError:
            self._leave(key, turn)
            if (
                loop.time() >= call.deadline - _INSTANT_S
            ):  # the handler's own timeout, at the same instant
                raise self._busy(key, slot) from None
            raise
        self._slots[key] = _taken(call, slot.waiting)

    def _leave(self, key: str, turn: asyncio.Future[None]) -> None:
        """Step out of the line; pass the slot on if it was just given to us."""
        if turn.done() and not turn.cancelled():
            self._release(key)
            return
        slot = self._slots.get(key)
        if slot is not None and turn in slot.waiting:
            slot.waiting.remove(turn)

    def _release(self, key: str) -> None:
        slot = self._slots[key]
        slot.ended.set()
        while slot.waiting:
            turn = slot.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._slots[key]

    def _busy(self, key: str, slot: _Slot) -> Busy:
        current = self._slots.get(key, slot)
        holder = current.holder
        return Busy(
            f"{holder.operation.name} of {holder.sender} is under way on {key}; "
            f"wait for it, or cancel it by its request id {holder.id.hex()}",
            operation=holder.operation.name,
            owner=holder.sender,
            since_ms=current.since_ms,
            deadline_ms=current.deadline_ms,
            request_id=holder.id.hex(),
        )


def _taken(call: Call, waiting: deque[asyncio.Future[None]]) -> _Slot:
    now_ms = time.time_ns() // 1_000_000
    left_s = max(0.0, call.deadline - asyncio.get_running_loop().time())
    return _Slot(
        holder=call,
        since_ms=now_ms,
        deadline_ms=now_ms + int(left_s * 1000),
        waiting=waiting,
        ended=asyncio.Event(),
    )
