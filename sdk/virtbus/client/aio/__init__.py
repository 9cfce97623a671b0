"""The client's classes."""

from .connection import Connection, connect, status
from .console import Console
from .domain import Domain

__all__ = ["Connection", "Console", "Domain", "connect", "status"]
