"""The journal of changes: one id, one execution, one outcome (PROTOCOL.md, section 5)."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from ..errors import Interrupted
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
        """Enter a request; answers its outcome if it was executed before, else None."""
        now_ms = time.time_ns() // 1_000_000

        def work(database: sqlite3.Connection) -> Outcome | None:
            row = database.execute(
                "SELECT outcome, body FROM journal WHERE id = ?", (call.id,)
            ).fetchone()
            if row is not None:
                return Outcome(row[0], row[1]) if row[0] is not None else None
            database.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, NULL, NULL)",
                (call.id, call.operation.name, call.sender, now_ms),
            )
            return None

        self._begun += 1
        if self._begun % _TRIM_EVERY == 0:
            await self._store.run(_trim)
        return await self._store.run(work)

    async def finish(self, call: Call, outcome: Outcome) -> None:
        """Keep a request's outcome."""
        await self._store.write(
            (
                "UPDATE journal SET outcome = ?, body = ? WHERE id = ?",
                (outcome.kind, outcome.body, call.id),
            )
        )


def _trim(database: sqlite3.Connection) -> None:
    before_ms = time.time_ns() // 1_000_000 - KEPT_MS
    database.execute(
        "DELETE FROM journal WHERE outcome IS NOT NULL AND (started_ms < ? OR rowid <= "
        "(SELECT max(rowid) FROM journal) - ?)",
        (before_ms, KEPT),
    )


def _interrupted(operation: str) -> bytes:
    error = Interrupted(
        f"the agent restarted during {operation}; look at the object's state", operation=operation
    )
    return encode_body(error.to_body())
