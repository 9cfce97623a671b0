"""An agent's store: definitions, the journal of changes and the journal of events, in SQLite.

One file, one thread that syncs. What is asked while it does is put together into the next
transaction, so that a burst costs one sync; what needs no sync is written at once. Definitions are
synced to disk before the answer; the journals survive the death of the process (WAL without sync),
not that of the host, as no guest and no client connection would either.
Source: sqlite.org/pragma.html#pragma_synchronous.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import Overloaded, StoreFailed

T = TypeVar("T")
Statement = tuple[str, tuple[object, ...]]
Work = Callable[[sqlite3.Connection], Any]

SCHEMA_VERSION = 2
MAX_QUEUED = 20_000
CHECKPOINT_COMMITS = 200  # a short log is written over and over, which halves the cost of a sync
CLOSE_S = 5.0
_BATCH = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object (
    route TEXT, kind TEXT, id TEXT, name TEXT, document TEXT, extra BLOB,
    PRIMARY KEY (route, kind, id), UNIQUE (route, kind, name));
CREATE TABLE IF NOT EXISTS journal (
    id BLOB PRIMARY KEY, operation TEXT, sender TEXT, begun_boot_ms INTEGER,
    outcome INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS event (
    route TEXT, kind TEXT, number INTEGER, time_ms INTEGER, body BLOB,
    PRIMARY KEY (route, kind, number)) WITHOUT ROWID;
"""


class _Job(msgspec.Struct, frozen=True):
    work: Work
    durable: bool
    future: asyncio.Future[Any]
    single: bool


_Outcomes = list[tuple[_Job, Any, Exception | None]]


class Store:
    """The store of one agent; `path` None keeps it in memory. Held by a lock while it is open."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock_fd = -1
        self._closed = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._outstanding = 0
        self._since_checkpoint = 0
        self._durable: bool | None = None
        self._loop = asyncio.get_running_loop()
        self._database = self._open()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def _open(self) -> sqlite3.Connection:
        database: sqlite3.Connection | None = None
        try:
            used_before = self._path is not None and self._take_lock(self._path)
            target = ":memory:" if self._path is None else str(self._path)
            database = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
            self._check(database, used_before=used_before)
            if self._path is not None:
                os.ftruncate(self._lock_fd, 0)
                os.pwrite(self._lock_fd, str(os.getpid()).encode(), 0)
        except (sqlite3.Error, OSError) as error:
            if database is not None:
                database.close()
            self._unlock()
            raise self._failed(error) from error
        return database

    def _take_lock(self, path: Path) -> bool:
        """Take the lock; says whether an agent has used the store before."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # what SQLite puts beside it has the same mode
        path.chmod(0o600)
        self._lock_fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        holder = os.pread(self._lock_fd, 32, 0).decode("ascii", "replace").strip()
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._unlock()
            raise StoreFailed(
                f"{path} is in use by the agent with pid {holder or 'unknown'}; end that one first",
                path=str(path),
            ) from error
        return holder != ""

    def _unlock(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _check(self, database: sqlite3.Connection, *, used_before: bool) -> None:
        """Refuse what is damaged, of another version, or empty though it had been used."""
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"made by another version (schema {version})")
        if version == 0 and used_before:
            raise sqlite3.DatabaseError(
                f"it is empty, but was used; restore it, or remove {self._path}.lock to start anew"
            )
        damage = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        if version == 0:
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")

    def _failed(self, error: Exception) -> StoreFailed:
        return StoreFailed(
            f"the store {self._path} cannot be used; check disk space, permissions and the file",
            path=str(self._path),
            cause=str(error),
        )

    async def write(self, *statements: Statement, durable: bool = False) -> None:
        """Execute the statements in one transaction; all or none. `durable` syncs it to disk.

        Raises StoreFailed if that could not be done, Overloaded if too much waits.
        """

        def work(database: sqlite3.Connection) -> None:
            for sql, values in statements:
                database.execute(sql, values)

        await self.run(work, durable=durable, single=len(statements) == 1)

    async def read(self, sql: str, *values: object) -> list[Any]:
        """The rows a query gives; it sees all that was written before."""
        return await self.run(
            lambda database: database.execute(sql, values).fetchall(), single=True
        )

    def run(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        durable: bool = False,
        single: bool = False,
    ) -> asyncio.Future[T]:
        """Run `work` within a transaction, in order of the calls; `single` is one statement only.

        What needs no sync is written at once while the thread has nothing to do (tens of
        microseconds); all else goes to the thread.
        """
        if self._closed:
            raise StoreFailed("the agent is stopping", path=str(self._path))
        future: asyncio.Future[T] = self._loop.create_future()
        job = _Job(work, durable, future, single)
        idle = self._outstanding == 0 and self._since_checkpoint < CHECKPOINT_COMMITS
        if idle and not durable:
            self._deliver(self._commit([job]))
            return future
        if self._outstanding >= MAX_QUEUED:
            raise Overloaded("the agent's store cannot keep up", retry_after_ms=500)
        self._outstanding += 1
        self._jobs.put(job)
        return future

    async def close(self) -> None:
        """Finish what is queued, close the file, let go of the lock."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, CLOSE_S)
        self._unlock()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            batch: list[_Job] = []
            while job is not None:
                batch.append(job)
                if len(batch) >= _BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            if batch:
                self._hand_over(self._commit(batch))
            if job is None:
                self._database.close()
                return

    def _hand_over(self, outcomes: _Outcomes) -> None:
        if self._since_checkpoint >= CHECKPOINT_COMMITS:
            self._checkpoint()
        try:
            self._loop.call_soon_threadsafe(self._deliver, outcomes, len(outcomes))
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def _checkpoint(self) -> None:
        """Move the write-ahead log into the database; on the thread only, since it syncs."""
        self._since_checkpoint = 0
        try:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error:
            return  # as on a full disk: the log goes on growing, and the next writes say so

    def _commit(self, batch: list[_Job]) -> _Outcomes:
        """One transaction. Runs on the loop or on the thread, never on both at once."""
        database = self._database
        outcomes: _Outcomes = []
        self._since_checkpoint += 1
        try:
            self._set_sync(durable=any(job.durable for job in batch))
            if len(batch) == 1 and batch[0].single:
                return [(batch[0], *self._work_alone(batch[0]))]
            database.execute("BEGIN IMMEDIATE")
            outcomes.extend((job, *self._work(job)) for job in batch)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            outcomes = [(job, None, error) for job in batch]
            self._roll_back()
        return outcomes

    def _set_sync(self, *, durable: bool) -> None:
        if durable != self._durable:
            self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _work_alone(self, job: _Job) -> tuple[Any, Exception | None]:
        """A single statement is a transaction by itself."""
        try:
            return job.work(self._database), None
        except Exception as error:  # noqa: BLE001  # a defect in `work` must not end the thread
            return None, error

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        except sqlite3.Error:
            return  # as after a full disk, SQLite has done so itself; if not, BEGIN will fail

    def _work(self, job: _Job) -> tuple[Any, Exception | None]:
        """One job's part of the transaction; its failure leaves the others' parts alone."""
        self._database.execute("SAVEPOINT job")
        try:
            result = job.work(self._database)
        except Exception as error:  # a defect in `work` must not end the thread
            if not self._database.in_transaction:
                raise sqlite3.DatabaseError(str(error)) from error
            self._database.execute("ROLLBACK TO job")
            self._database.execute("RELEASE job")
            return None, error
        self._database.execute("RELEASE job")
        return result, None

    def _deliver(self, outcomes: _Outcomes, handed_over: int = 0) -> None:
        self._outstanding -= handed_over
        for job, result, error in outcomes:
            if job.future.done():
                continue
            if error is None:
                job.future.set_result(result)
            elif isinstance(error, sqlite3.Error):
                job.future.set_exception(self._failed(error))
            else:
                job.future.set_exception(error)
