"""The catalogue: what may be asked, of what kind of object, with what effect."""

from . import agent, domain, event, host
from .declare import BY_REQUEST, CATALOGUE, Effect, Operation, Request, operation_of

__all__ = [
    "BY_REQUEST",
    "CATALOGUE",
    "Effect",
    "Operation",
    "Request",
    "agent",
    "domain",
    "event",
    "host",
    "operation_of",
]
