"""Logs: structlog, to standard error, for people or as JSON; each line with its request's id."""

from __future__ import annotations

import io
import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import structlog

from .settings import AgentSettings

Logger = structlog.stdlib.BoundLogger


def set_up_logs(settings: AgentSettings) -> None:
    """Configure structlog for the process."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    output: Any = _Lossy(sys.stderr)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(output),
        cache_logger_on_first_use=True,
    )


class _Lossy(io.TextIOBase):
    """A stream whose loss stops nothing: what a full disk or a gone reader does not take is lost.

    Where the log goes nobody can be told of it by a log line; the agent's work goes on.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def get_log(**bound: object) -> Logger:
    """A logger with values bound to every line."""
    logger: Logger = structlog.get_logger(**bound)
    return logger
