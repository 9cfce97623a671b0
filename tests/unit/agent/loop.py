"""An event loop for tests that fails when something blocks it, or when an error is left lying."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
BLOCKED_S = 0.5


class _Slow(logging.Handler):
    """What asyncio's debug mode says of slow callbacks."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def run(work: Coroutine[Any, Any, T], *, collect: bool = True) -> T:
    """Run to the end in asyncio's debug mode.

    Fails if a callback took longer than BLOCKED_S, if a task was left over, or if an exception was
    never looked at (which is known for sure only after a `collect`).
    """
    slow, left = _Slow(), []

    async def watched() -> T:
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = BLOCKED_S
        loop.set_exception_handler(lambda _, context: left.append(context["message"]))
        result = await work
        await asyncio.sleep(0)
        left.extend(str(task) for task in asyncio.all_tasks() - {asyncio.current_task()})
        return result

    logger = logging.getLogger("asyncio")
    logger.addHandler(slow)
    try:
        result = asyncio.run(watched(), debug=True)
        if collect:
            gc.collect()
    finally:
        logger.removeHandler(slow)
    assert left == [], "left over"
    assert [line for line in slow.said if "took" in line] == [], "the loop was blocked"
    return result
