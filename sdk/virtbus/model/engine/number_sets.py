"""Sets of small numbers (CPUs, NUMA nodes): `0-3,^2,8` is accepted, `0-1,3,8` is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, TypeAlias

LIMIT = 16384
"""Numbers are below this (VIR_DOMAIN_CPUMASK_LEN)."""


class NumberSet:
    """A set of numbers as text, in ascending ranges; an empty one is refused."""

    def parse(self, raw: str) -> str:
        """The canonical form."""
        if raw.isascii() and raw.isdecimal() and int(raw) < LIMIT:
            return str(int(raw))
        mask = 0
        for part in raw.split(","):
            mask = _with(mask, part.strip())
        if not mask:
            raise ValueError("expected at least one number")
        return number_set(_bits(mask))

    format = parse


def numbers(text: str | None) -> tuple[int, ...]:
    """The members of a canonical set, ascending; none of None or ''."""
    found: list[int] = []
    for part in text.split(",") if text else ():
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    return tuple(found)


def number_set(members: Iterable[int]) -> str:
    """The canonical text of a set; '' of an empty one."""
    ranges: list[list[int]] = []
    for number in sorted(set(members)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def _with(mask: int, part: str) -> int:
    """`mask` with one range added, or one number taken away."""
    if part.startswith("^"):
        return mask & ~(1 << _number(part[1:]))
    low, dash, high = part.partition("-")
    first = _number(low)
    last = _number(high) if dash else first
    if last < first:
        raise ValueError(f"the range {part} ends before it begins")
    return mask | (((1 << (last - first + 1)) - 1) << first)


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) < LIMIT):
        raise ValueError(f"expected numbers below {LIMIT} such as 0-3,^2, not '{text[:60]}'")
    return int(text)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


CpuSet: TypeAlias = Annotated[str, NumberSet()]
NodeSet: TypeAlias = Annotated[str, NumberSet()]
