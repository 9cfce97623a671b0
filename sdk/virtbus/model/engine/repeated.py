"""What stands more than once in a list, in one pass: lists of strangers may be long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def repeated(items: Iterable[T]) -> list[T]:
    """Each item that occurs more than once, once, in the order of its first place."""
    return [item for item, times in Counter(items).items() if times > 1]
