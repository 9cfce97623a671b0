"""What the suite knows of one operation: a request that works, what it did, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from tests.contract.harness import UnderTest
from virtbus.errors import VirtbusError
from virtbus.operations import BY_REQUEST, Request

Refused = tuple[Request[Any], type[VirtbusError], dict[str, object]]
"""A request, the error it must meet, and details that the error must have."""

CASES: dict[str, Case] = {}


class Case:
    """One operation's case; its subclasses enter themselves into `CASES`."""

    request: ClassVar[type[Request[Any]]]

    def __init_subclass__(cls) -> None:
        name = BY_REQUEST[cls.request].name
        assert name not in CASES, f"two cases of {name}"
        CASES[name] = cls()

    def ready(self, agent: UnderTest) -> Request[Any]:
        """A request that must succeed now, and whose second execution would not do the same."""
        raise NotImplementedError

    def check(self, agent: UnderTest, request: Any, reply: Any) -> None:
        """What is true once it has been answered: effects, reply, published state, events."""
        raise NotImplementedError

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        """Requests that must be refused, and how: wrong states, wrong arguments."""
        yield from ()
