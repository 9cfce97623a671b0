"""Log lines, as console text or JSON.

The standard library's logging, not structlog: importing that costs 13 MiB (it imports asyncio and
rich), half of what a broker may use.
"""

from __future__ import annotations

import json
import logging
import sys


class JsonFormatter(logging.Formatter):
    """One JSON object a line: timestamp, level, event, and the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        line = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, form: str) -> logging.Logger:
    """The broker's logger, writing to stderr; `form` is "console" or "json"."""
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    logger = logging.getLogger("virtbus.broker")
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
    return logger
