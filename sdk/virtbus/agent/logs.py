"""Logs: structlog, to standard error, for people or as JSON; each line with its request's id."""

from __future__ import annotations

import logging
import sys
from typing import Any

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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_log(**bound: object) -> Logger:
    """A logger with values bound to every line."""
    logger: Logger = structlog.get_logger(**bound)
    return logger
