"""What an agent's author writes: a Driver with one handler for each operation it serves."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec

from ..operations import BY_REQUEST, Effect, Operation, Request
from ..operations.records import DomainStats
from .settings import AgentSettings

if TYPE_CHECKING:
    from .host import Host

ReplyT = TypeVar("ReplyT")
RequestT = TypeVar("RequestT", bound=Request[Any])
SettingsT = TypeVar("SettingsT", bound=AgentSettings)

_MARK = "__virtbus_request__"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request on its way: who asks for what, and until when.

    `deadline` is of the loop's clock, in seconds.
    """

    id: bytes
    operation: Operation
    route: str
    sender: str
    grants: str
    deadline: float


def handles(request: type[Request[ReplyT]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a Driver's method as the handler of a request.

    The method takes the request (and the Stream, for operations that open one) and returns the
    reply. A plain `def` is for what is answered from memory; it runs between two messages, must
    not wait, and is not journalled: no CHANGE can have one. What it raises of `virtbus.errors` is
    the answer; anything else is a defect and is answered `internal`.
    """
    operation = BY_REQUEST[request]

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        may_be_plain = operation.effect is not Effect.CHANGE and not operation.stream
        if not (may_be_plain or inspect.iscoroutinefunction(method)):
            raise TypeError(f"the handler of {operation.name} must be an `async def`")
        setattr(method, _MARK, request)
        return method

    return mark


class Driver(Generic[SettingsT]):
    """One hypervisor behind one route. Drivers hold no locks: the runtime does.

    `name` is the agent's name, `routes` what it registers; a route that ends in `*` gets
    a driver of its own for each route asked for. `settings_type` are its settings.
    """

    name: ClassVar[str]
    routes: ClassVar[tuple[str, ...]]
    settings_type: ClassVar[type[AgentSettings]] = AgentSettings
    keeps_store: ClassVar[bool] = True

    def __init__(self, host: Host[SettingsT]) -> None:
        self.host = host

    async def open(self) -> None:
        """Find what runs, adopt it, publish it. Never touches a guest."""

    async def close(self) -> None:
        """Let go of everything. Guests run on."""

    @classmethod
    def unusable(cls) -> str:
        """Why this host cannot be served, in words for its operator; "" if it can."""
        return ""

    domain_stats: Callable[[UUID, float], Awaitable[DomainStats]] | None = None
    """`async def domain_stats(self, domain, wait_s)`: statistics asked now, incomplete after
    `wait_s`.

    A driver that has it gets get_stats, get_all_stats and published statistics from the runtime.
    """


class Handler(msgspec.Struct, frozen=True, kw_only=True):
    """A bound handler and its operation."""

    operation: Operation
    function: Callable[..., Any]
    waits: bool


def handlers_of(owner: object) -> dict[str, Handler]:
    """The handlers that an object's methods declare, by operation name."""
    found: dict[str, Handler] = {}
    for name in dir(type(owner)):
        request = getattr(getattr(type(owner), name), _MARK, None)
        if request is None:
            continue
        operation = BY_REQUEST[request]
        function = getattr(owner, name)
        waits = inspect.iscoroutinefunction(function)
        found[operation.name] = Handler(operation=operation, function=function, waits=waits)
    return found


def operations_of(owner: type[Any]) -> frozenset[str]:
    """The names of the operations whose handlers a class holds."""
    requests = (getattr(getattr(owner, name), _MARK, None) for name in dir(owner))
    return frozenset(BY_REQUEST[request].name for request in requests if request is not None)
