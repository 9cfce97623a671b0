"""Decisions taken from a string of bytes, so that whoever makes the bytes steers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """A stream of decisions; when the bytes are used up, each one is the first possible."""

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        number, span = 0, 1
        while span < limit:
            number, span = number << 8 | next(self._bytes, 0), span << 8
        return number % limit

    def pick(self, items: Sequence[T]) -> T:
        """One of them; they must not be empty."""
        return items[self.below(len(items))]

    def one_in(self, number: int) -> bool:
        """Yes once in so many times (at most 256); never when the bytes are used up."""
        return next(self._bytes, 0) % number == number - 1
