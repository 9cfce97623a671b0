"""Types of values that are alike are not the same."""

from __future__ import annotations

from typing import Annotated

from virtbus.model.engine.values import Hex, Integer, Switch, Unit


def test_types_of_values_with_the_same_bounds_differ() -> None:
    assert Hex(255, 2) == Hex(255, 2)
    assert Annotated[int, Integer(255, 2)] != Annotated[int, Hex(255, 2)]
    assert Annotated[str, Unit("a", "b")] != Annotated[str, Switch("a", "b")]
