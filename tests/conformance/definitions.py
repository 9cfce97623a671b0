"""How documents are read that need something from outside: a pool, a time, a flag of the caller."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from virtbus.model.storage.pool import POOL, Pool, complete_pool
from virtbus.model.storage.volume import VOLUME, Volume, complete_volume

from .cases import Case
from .environment import UUID
from .moments import Definition, backup, checkpoint, snapshot


def definition_of(kind: str, case: Case, tests: Path) -> Definition | None:
    """How a case of this kind of document goes; None where there is nothing special."""
    make = _DEFINITIONS.get(kind)
    return make(case, tests) if make else None


def _pool(case: Case, tests: Path) -> Definition:
    def read(text: bytes) -> Pool:
        pool = POOL.parse(text)
        complete_pool(pool, uuid=UUID)
        POOL.check(pool)
        return pool

    return Definition(read, lambda pool: POOL.format(pool, inactive=True))


def _volume(case: Case, tests: Path) -> Definition:
    pool = POOL.read((tests / case.inputs[0]).read_bytes())
    needed = "NO_CAPACITY" not in case.context

    def read(text: bytes) -> Volume:
        volume = VOLUME.parse(text)
        complete_volume(volume, pool_type=pool.type, capacity_needed=needed)
        VOLUME.check(volume)
        return volume

    return Definition(read, lambda volume: VOLUME.format(volume, inactive=True))


_DEFINITIONS: dict[str, Callable[[Case, Path], Definition]] = {
    "pool": _pool,
    "volume": _volume,
    "snapshot": snapshot,
    "checkpoint": checkpoint,
    "backup": backup,
}
