"""The rules a figure is judged by: pure functions of our figure and the peer's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A rule with its wording. `judge` answers None where the peer it needs is absent."""

    text: str
    judge: Callable[[float, float | None], bool | None]


def at_most(limit: float, unit: str) -> Goal:
    """Our figure is not above a fixed one."""
    return Goal(f"<= {limit:g} {unit}", lambda ours, peer: ours <= limit)


def at_most_times(factor: float) -> Goal:
    """Our figure is not above so many times the peer's."""
    return Goal(
        f"<= {factor:g} x peer",
        lambda ours, peer: None if peer is None else ours <= factor * peer,
    )


def at_least_times(factor: float) -> Goal:
    """Our figure is not below so many times the peer's."""
    return Goal(
        f">= {factor:g} x peer",
        lambda ours, peer: None if peer is None else ours >= factor * peer,
    )
