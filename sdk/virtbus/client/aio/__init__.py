"""The client's classes."""

from ..notices import EventItem, EventsLost, RouteChanged, RouteState
from .connection import Connection, connect, status
from .console import Console
from .domain import Domain
from .events import EventStream
from .live import LiveDomains

__all__ = [
    "Connection",
    "Console",
    "Domain",
    "EventItem",
    "EventStream",
    "EventsLost",
    "LiveDomains",
    "RouteChanged",
    "RouteState",
    "connect",
    "status",
]
