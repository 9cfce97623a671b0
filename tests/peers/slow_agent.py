"""An agent whose changes take as long as the domain's title says (in seconds), and leave a trace.

Each execution of a change adds a line to the file that `VIRTBUS_SLOW_EFFECTS` names, so that a test
can count them. Guests are nothing but that: they end with the agent.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from virtbus.agent import AgentSettings, DefiningDriver, Host, handles, run
from virtbus.model.domain import Domain
from virtbus.operations import domain
from virtbus.operations.event import Lifecycle
from virtbus.operations.records import State

ROUTE = "slow:///system"


def document(name: str, uuid: UUID, seconds: float = 0.0) -> str:
    """A domain whose changes take so long."""
    return (
        f"<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><title>{seconds}</title>"
        "<memory unit='MiB'>1</memory><os><type>hvm</type></os></domain>"
    )


class SlowSettings(AgentSettings, frozen=True, kw_only=True):
    """`effects` is the file of traces."""

    effects: str


class SlowDriver(DefiningDriver[SlowSettings]):
    """Sleeps instead of working."""

    name = "slow"
    routes = (ROUTE,)
    settings_type = SlowSettings

    def __init__(self, host: Host[SlowSettings]) -> None:
        super().__init__(host)
        self._effects = Path(host.settings.effects)

    async def open(self) -> None:
        """Publish what is defined."""
        await self.guests.load()

    async def launch(self, document: Domain, *, paused: bool) -> Domain:
        """Leave a trace, and take long."""
        await self._work("start", document.name, float(document.title or 0))
        return document

    @handles(domain.Suspend)
    async def suspend(self, request: domain.Suspend) -> None:
        """Leave a trace, and take long."""
        record = self.guests.active(request.domain)
        await self._work("suspend", record.name, float(record.title or 0))
        self.guests.change(request.domain, State.PAUSED, "user", Lifecycle.SUSPENDED, "paused")

    @handles(domain.Destroy)
    async def destroy(self, request: domain.Destroy) -> None:
        """At once."""
        self.guests.active(request.domain)
        self.guests.stopped(request.domain, "destroyed", "destroyed")

    @handles(domain.Reset)
    async def reset(self, request: domain.Reset) -> None:
        """A defect."""
        raise ValueError("a defect of this driver")

    @handles(domain.GetInfo)
    async def get_info(self, request: domain.GetInfo) -> domain.DomainInfo:
        """A read that takes long."""
        record = self.host.domains.get(request.domain)
        await asyncio.sleep(float(record.title or 0))
        return domain.DomainInfo(
            state=record.state, max_memory_kib=1, memory_kib=1, vcpus=1, cpu_time_ns=0
        )

    async def _work(self, what: str, name: str, wait_s: float) -> None:
        with self._effects.open("a", encoding="utf-8") as file:
            file.write(f"{what} {name}\n")
        await asyncio.sleep(wait_s)


if __name__ == "__main__":
    run(SlowDriver)
