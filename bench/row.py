"""The declaration of a row and of the group of rows that share one preparation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bench.goals import Goal
from bench.manager import Manager

OURS = "virtbus"
LIBVIRT = "libvirt"

UNIT_PER_S = {"s": 1.0, "ms": 1e3, "us": 1e6}
"""How many of a unit of time are in a second."""


@dataclass(frozen=True)
class Row:
    """One line of the benchmark table.

    `measure` takes one sample from a manager, in `unit`; it is asked of each of
    `managers` in turn, `runs` times. `references` are samples without a manager
    (`bench.floors`), also in turn; a row about the SDK alone has its own figure
    there, as OURS. `peer` names the one the goal compares with:
    a manager, a reference, or nothing.
    """

    name: str
    what: str
    unit: str
    goal: Goal
    measure: Callable[[Manager], float] | None = None
    peer: str = LIBVIRT
    managers: tuple[str, ...] = (OURS, LIBVIRT)
    references: Mapping[str, Callable[[], float]] = field(default_factory=dict)
    runs: int = 5
    runs_fixed: bool = False
    """True where `--quick` must not take fewer samples, as they build on each other."""


@dataclass(frozen=True)
class Group:
    """Rows measured on the same guests: `prepare` makes them and takes them away again."""

    name: str
    prepare: Callable[[Manager], AbstractContextManager[None]]
    rows: tuple[Row, ...]


def in_unit(seconds: float, unit: str) -> float:
    """Seconds as that unit of time."""
    return seconds * UNIT_PER_S[unit]
