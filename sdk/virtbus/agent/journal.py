"""The journal of changes: one id, one execution, one outcome (PROTOCOL.md, section 5)."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from ..errors import Interrupted, InvalidArgument
from ..wire.frames import Kind, encode_body
from .driver import Call
from .store import Store

KEPT = 10_000
KEPT_MS = 3_600_000
_TRIM_EVERY = 500


class Outcome(msgspec.Struct, frozen=True):
    """How a request ended: the kind of the answer (REPLY or ERROR) and its body."""

    kind: int
    body: bytes


class Journal:
    """The outcomes of recent changes, in the agent's store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun = 0

    async def open(self) -> None:
        """Settle what an earlier run left unfinished: its outcome is `interrupted`."""
        rows = await self._store.read("SELECT id, operation FROM journal WHERE outcome IS NULL")
        settle = "UPDATE journal SET outcome = ?, body = ? WHERE id = ?"
        await self._store.write(
            *((settle, (int(Kind.ERROR), _interrupted(operation), id_)) for id_, operation in rows)
        )

    async def begin(self, call: Call) -> Outcome | None:
        """Enter a request; answers its outcome if it was executed before, else None.

        Raises InvalidArgument if the id was another sender's, or another operation's.
        """
        operation = call.operation.name

        def enter(database: sqlite3.Connection) -> bool:
            entered = database.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, NULL, NULL) ON CONFLICT (id) DO NOTHING",
                (call.id, operation, call.sender, _boot_ms()),
            )
            return entered.rowcount == 1

        self._begun += 1
        if self._begun % _TRIM_EVERY == 0:
            await self._store.run(_trim)
        if await self._store.run(enter, single=True):
            return None
        (row,) = await self._store.read(
            "SELECT operation, sender, outcome, body FROM journal WHERE id = ?", call.id
        )
        if (row[0], row[1]) != (operation, call.sender):
            raise foreign_id()
        if row[2] is None:  # it was executed, but its outcome could not be kept
            return Outcome(int(Kind.ERROR), _interrupted(operation))
        return Outcome(row[2], row[3])

    async def finish(self, call: Call, outcome: Outcome) -> None:
        """Keep a request's outcome."""
        await self._store.write(
            (
                "UPDATE journal SET outcome = ?, body = ? WHERE id = ?",
                (outcome.kind, outcome.body, call.id),
            )
        )


def _trim(database: sqlite3.Connection) -> None:
    database.execute(
        "DELETE FROM journal WHERE outcome IS NOT NULL AND (begun_boot_ms < ? OR rowid <= "
        "(SELECT max(rowid) FROM journal) - ?)",
        (_boot_ms() - KEPT_MS, KEPT),
    )


def _boot_ms() -> int:
    """Time since the host came up, also while it slept: no setting of clocks makes it jump."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def foreign_id() -> InvalidArgument:
    """The answer to an id that belongs to another request."""
    reason = "this id was used for another request; use 16 random bytes for each"
    return InvalidArgument(reason, field="id", reason=reason)


def _interrupted(operation: str) -> bytes:
    error = Interrupted(
        f"the agent restarted during {operation}; look at the object's state", operation=operation
    )
    return encode_body(error.to_body())
