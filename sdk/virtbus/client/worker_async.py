"""Work that a live view does on its own, and the notice that wakes who waits for it: asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Notice:
    """Something that changes; each ring wakes all who wait."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Tell that something has changed."""
        self.count += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seen: int, timeout_s: float) -> bool:
        """Wait until `count` is no longer `seen`; False if that took too long."""
        if self.count != seen:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


class Worker:
    """A task that ends with its owner."""

    def __init__(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        async def run() -> None:
            await work()

        self._task = asyncio.create_task(run(), name=name)

    async def stop(self) -> None:
        """Cancel it and wait for its end; raises what it failed with before."""
        self._task.cancel()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.result()
