"""One running guest: its process, its monitor, and what the agent still has to do with it."""

from __future__ import annotations

import asyncio
import enum
from typing import Any

import msgspec

from virtbus.errors import Unresponsive
from virtbus.model.domain import Domain
from virtbus_qemu.link.facts import Facts, GuestPaths, write_facts
from virtbus_qemu.link.monitor import Monitor
from virtbus_qemu.link.process import Process


class Ending(enum.Enum):
    """Why a guest's process is about to end, as far as the agent knows."""

    UNKNOWN = ("crashed", "failed")
    SHUTDOWN = ("shutdown", "shutdown")
    DESTROYED = ("destroyed", "destroyed")
    PANICKED = ("crashed", "crashed")

    @property
    def reason(self) -> str:
        """The reason of the state shutoff (virDomainShutoffReason)."""
        return self.value[0]

    @property
    def detail(self) -> str:
        """The detail of the event stopped (virDomainEventStoppedDetailType)."""
        return self.value[1]


class RunningGuest:
    """A guest from its start or adoption to its end.

    `gone` is done once its end has been published. `monitor` is None while there is no
    connection to it. `servers` are the processes beside it that this run of the agent started.
    """

    def __init__(
        self,
        facts: Facts,
        paths: GuestPaths,
        process: Process,
        document: Domain,
        servers: tuple[Process, ...] = (),
    ) -> None:
        self.facts = facts
        self.paths = paths
        self.process = process
        self.document = document
        self.servers = servers
        self.monitor: Monitor | None = None
        self.capacities_bytes: dict[str, int] = {}
        self.ending = Ending.UNKNOWN
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def note(self, **changes: Any) -> None:
        """Change what the agent's next start has to know of the guest."""
        facts = msgspec.structs.replace(self.facts, **changes)
        if facts != self.facts:
            self.facts = facts
            write_facts(self.paths.facts, facts)

    async def execute(
        self, command: str, arguments: dict[str, Any] | None = None, *, timeout_s: float
    ) -> Any:
        """Run a monitor command; raises Unresponsive while there is no connection."""
        if self.monitor is None:
            raise Unresponsive(
                f"the monitor of {self.facts.name!r} does not answer; its process is "
                f"{self.process.pid}, its log is {self.paths.log}",
                domain=str(self.facts.uuid),
                since_ms=self.facts.since_ms,
            )
        return await self.monitor.execute(command, arguments, timeout_s=timeout_s)
