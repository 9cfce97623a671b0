"""virtbus: manage virtual machines and containers of many hypervisors through one API.

    import virtbus

    with virtbus.connect("qemu:///system") as conn:
        for domain in conn.list_domains(active=True):
            print(domain.name, domain.get_state())

`virtbus.connect` blocks and may be used from any thread; `virtbus.aio.connect` is for asyncio.
What can go wrong is in `virtbus.errors`. Parts are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors as errors
    from .client import aio as aio
    from .client.cancel import CancelToken as CancelToken
    from .client.sync import Connection as Connection
    from .client.sync import Console as Console
    from .client.sync import Domain as Domain
    from .client.sync import EventsLost as EventsLost
    from .client.sync import EventStream as EventStream
    from .client.sync import LiveDomains as LiveDomains
    from .client.sync import RouteChanged as RouteChanged
    from .client.sync import RouteState as RouteState
    from .client.sync import connect as connect
    from .client.sync import status as status

__version__ = "0.1.0"
__all__ = [
    "CancelToken",
    "Connection",
    "Console",
    "Domain",
    "EventStream",
    "EventsLost",
    "LiveDomains",
    "RouteChanged",
    "RouteState",
    "aio",
    "connect",
    "errors",
    "status",
]

_MODULES = {"aio": "virtbus.client.aio", "errors": "virtbus.errors"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value: Any = import_module(_MODULES[name])
    elif name in __all__:
        place = "virtbus.client.cancel" if name == "CancelToken" else "virtbus.client.sync"
        value = getattr(import_module(place), name)
    else:
        raise AttributeError(f"module 'virtbus' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
