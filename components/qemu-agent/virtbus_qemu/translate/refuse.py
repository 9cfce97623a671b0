"""Fields that contradict what else an element says are refused, never dropped.

What cannot be had whatever else the element says stands in `unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.engine.declare import Element

from .words import unsupported


def refuse_set(path: str, element: Element | None, *names: str) -> None:
    """Raise Unsupported when `element` has a value in one of the fields `names`."""
    for name in _set(element, names):
        raise unsupported(path, f"'{name}'", element.line if element else 0)


def _set(element: Element | None, names: tuple[str, ...]) -> Iterator[str]:
    if element is not None:
        for name in names:
            if getattr(element, name) not in (None, False, []):
                yield name
