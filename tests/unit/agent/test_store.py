"""The store: what was answered is there again after any end; what cannot be read is refused."""

import asyncio
import os
import resource
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.agent.loop import run
from virtbus.agent.store import MAX_QUEUED, Store
from virtbus.errors import Overloaded, StoreFailed

INSERT = "INSERT INTO object VALUES ('r', 'domain', ?, ?, ?, '')"


def in_store(path: Path | None, work: Callable[[Store], Awaitable[None]]) -> None:
    async def opened() -> None:
        store = Store(path)
        try:
            await work(store)
        finally:
            await store.close()

    run(opened())


async def names(store: Store) -> list[str]:
    return [row[0] for row in await store.read("SELECT name FROM object ORDER BY name")]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as kill -9 leaves it: 30 commits in the database, 30 more in its log."""
    folder = tmp_path_factory.mktemp("killed")

    async def work(store: Store) -> None:
        for number in range(60):
            if number == 30:
                other = sqlite3.connect(path)
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                other.close()
            values = (str(number), f"{number:03}", "x" * 3000)
            await store.write((INSERT, values), durable=True)
        for file in folder.glob("store*"):
            shutil.copy(file, folder / f"copy-{file.name}")

    path = folder / "store.sqlite"
    in_store(path, work)
    return folder


def laid_out(killed: Path, place: Path) -> Path:
    for file in killed.glob("copy-store*"):
        shutil.copy(file, place / file.name.removeprefix("copy-"))
    return place / "store.sqlite"


@pytest.mark.parametrize("part", range(0, 101, 4))
def test_a_log_that_is_cut_off_opens_to_its_last_commit(
    killed: Path, tmp_path: Path, part: int
) -> None:
    path = laid_out(killed, tmp_path)
    log = tmp_path / "store.sqlite-wal"
    size = log.stat().st_size
    os.truncate(log, size * part // 100)
    found: list[str] = []

    async def work(store: Store) -> None:
        found.extend(await names(store))

    in_store(path, work)
    assert found == [f"{number:03}" for number in range(len(found))]
    assert len(found) >= 30
    assert len(found) == 60 or part < 100


@pytest.mark.parametrize("part", range(0, 100, 4))
def test_a_database_that_is_cut_off_is_whole_or_refused(
    killed: Path, tmp_path: Path, part: int
) -> None:
    path = laid_out(killed, tmp_path)
    os.truncate(path, path.stat().st_size * part // 100)
    (tmp_path / "store.sqlite-wal").unlink()
    found = ["refused"]

    async def work(store: Store) -> None:
        found[:] = await names(store)

    with suppress(StoreFailed):
        in_store(path, work)
    assert found in (["refused"], [f"{number:03}" for number in range(30)])


def test_an_empty_file_in_place_of_a_store_is_refused_and_says_how_to_start_anew(
    killed: Path, tmp_path: Path
) -> None:
    path = laid_out(killed, tmp_path)
    for file in tmp_path.glob("store.sqlite-*"):
        file.unlink()
    path.write_bytes(b"")

    async def nothing(store: Store) -> None:
        assert await names(store) == []

    with pytest.raises(StoreFailed) as caught:
        in_store(path, nothing)
    assert f"remove {path}.lock" in caught.value.cause
    Path(f"{path}.lock").unlink()
    in_store(path, nothing)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)

    async def nothing(store: Store) -> None:
        raise AssertionError("opened")

    with pytest.raises(StoreFailed):
        in_store(path, nothing)
    assert path.read_bytes() == content


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()

    async def nothing(store: Store) -> None:
        raise AssertionError("opened")

    with pytest.raises(StoreFailed, match="another version"):
        in_store(path, nothing)


def test_a_store_has_one_agent(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreFailed, match=f"pid {os.getpid()}"):
            Store(tmp_path / "store.sqlite")
        await store.write((INSERT, ("1", "kept", "")), durable=True)

    async def again(store: Store) -> None:
        assert await names(store) == ["kept"]

    in_store(tmp_path / "store.sqlite", work)
    in_store(tmp_path / "store.sqlite", again)


@pytest.mark.parametrize("durable", [False, True])
def test_a_full_disk_fails_the_write_and_nothing_else(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "store.sqlite"

    async def work(store: Store) -> None:
        await store.write((INSERT, ("1", "before", "")), durable=True)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
        try:
            for _ in range(3):
                with pytest.raises(StoreFailed, match="disk space") as caught:
                    await store.write((INSERT, ("2", "lost", "x" * 9000)), durable=durable)
                assert caught.value.details == {"path": str(path)}
            assert await names(store) == ["before"]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        await store.write((INSERT, ("3", "later", "")), durable=durable)

    async def again(store: Store) -> None:
        assert await names(store) == ["before", "later"]

    in_store(path, work)
    in_store(path, again)


@pytest.mark.parametrize("durable", [False, True])
def test_statements_are_written_all_or_none_and_a_failure_is_ones_own(durable: bool) -> None:
    async def work(store: Store) -> None:
        good = [
            store.run(lambda db, n=n: db.execute(INSERT, (str(n), str(n), "")), durable=durable)  # type: ignore[misc]  # a default binds it
            for n in range(3)
        ]
        twice = (INSERT, ("9", "9", "")), (INSERT, ("9", "9", ""))
        with pytest.raises(StoreFailed):
            await store.write(*twice, durable=durable)
        await asyncio.gather(*good)
        assert await names(store) == ["0", "1", "2"]

    in_store(None, work)


@pytest.mark.parametrize("durable", [False, True])
def test_a_defect_in_work_is_its_callers_and_the_store_lives(durable: bool) -> None:
    async def work(store: Store) -> None:
        for value in (2**64, object()):
            with pytest.raises((OverflowError, StoreFailed)):
                await store.write((INSERT, (value, "a", "")), durable=durable)
        with pytest.raises(ZeroDivisionError):
            await store.run(lambda _: 1 // 0, durable=durable)
        await store.write((INSERT, ("1", "a", "")), durable=durable)
        assert await names(store) == ["a"]

    in_store(None, work)


def test_the_queue_is_bounded() -> None:
    async def work(store: Store) -> None:
        futures = [store.run(lambda _: None, durable=True) for _ in range(MAX_QUEUED)]
        with pytest.raises(Overloaded) as caught:
            store.run(lambda _: None, durable=True)
        assert caught.value.details["retry_after_ms"]
        await asyncio.gather(*futures)
        await store.write((INSERT, ("1", "a", "")))

    async def unwatched() -> None:
        store = Store(None)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(unwatched())  # in debug mode that many futures would take too long


def test_a_closed_store_says_so() -> None:
    async def work() -> None:
        store = Store(None)
        await store.close()
        with pytest.raises(StoreFailed, match="stopping"):
            await store.write((INSERT, ("1", "a", "")))

    run(work())
