"""The cases of all operations, a module for each subject."""

from . import connection, console, definition, lifecycle, metadata, reading, statistics
from .case import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "connection",
    "console",
    "definition",
    "lifecycle",
    "metadata",
    "reading",
    "statistics",
]
