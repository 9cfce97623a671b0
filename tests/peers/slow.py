"""A bus with the slow agent on it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

from tests.peers.bus import Bus, Process
from tests.peers.slow_agent import ROUTE, document
from virtbus.operations import domain

ROOT = Path(__file__).parents[2]


class SlowBus(Bus):
    """Broker, slow agent, and a client of them."""

    def __init__(self) -> None:
        super().__init__()
        self.effects_file = self.directory / "effects"
        self.effects_file.touch()
        self.environment |= {"VIRTBUS_SLOW_EFFECTS": str(self.effects_file)}
        self.environment["PYTHONPATH"] = str(ROOT)
        self.broker = self.start_broker()
        self.agent = self.start_slow()
        self.asker = self.client()

    def start_slow(self) -> Process:
        """Start the agent (again)."""
        return self.start_agent("tests.peers.slow_agent", routes=[ROUTE])

    def define(self, seconds: float, *, running: bool = False) -> UUID:
        """A domain whose changes take so long."""
        uuid = uuid4()
        self.asker.call(ROUTE, domain.Define(xml=document(f"d-{uuid.hex[:8]}", uuid, 0.0)))
        if running:
            self.asker.call(ROUTE, domain.Start(domain=uuid))
        if seconds:
            kind = domain.MetadataKind.TITLE
            title = domain.SetMetadata(domain=uuid, kind=kind, text=str(seconds))
            self.asker.call(ROUTE, title)
        return uuid

    def effects(self, what: str, uuid: UUID) -> int:
        """How often something was executed."""
        lines = self.effects_file.read_text().splitlines()
        return lines.count(f"{what} d-{uuid.hex[:8]}")
