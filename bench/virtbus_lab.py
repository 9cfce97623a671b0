"""A private virtbus: broker and qemu-agent in a directory of their own, under a sub-reaper."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path

from bench.lab.processes import BenchError, ServedClient, end_process, wait_for_path
from bench.lab.root import compiled
from bench.manager import Manager

DIRECTORIES = ("config", "state", "run", "cache", "log")


class VirtbusLab(Manager):
    """A running broker and qemu-agent of its own and a connected client."""

    label = "virtbus"
    agent = "virtbus-qemu-agent"

    def __init__(self, root: Path, uri: str = "qemu:///system") -> None:
        super().__init__(root)
        self._make_directories()
        self._settings = root / "config" / "broker.toml"
        self._settings.write_text("", encoding="ascii")  # the host's own shall not count
        self._client = ServedClient(
            [sys.executable, "-m", "bench.clients.virtbus_client", uri, str(self.run_dir)],
            root / "client.log",
            self.environment,
        )
        self._broker = self._agent = 0
        try:
            self._broker = self._daemon("virtbus-broker", "--config", str(self._settings))
            wait_for_path(self.run_dir / "requests")
            self.launch()
            self.versions: dict[str, str] = self._client.call("connect")
        except (BenchError, TimeoutError, OSError) as error:
            self._client.close()
            self.reaper.close()
            raise BenchError(f"virtbus does not answer ({error}); see {root}/*.log") from error

    @property
    def run_dir(self) -> Path:
        """Where the broker's sockets are."""
        return self.root / "run"

    @property
    def environment(self) -> dict[str, str]:
        """What keeps all parts of virtbus inside the lab's directory."""
        folders = {f"VIRTBUS_{name.upper()}_DIR": str(self.root / name) for name in DIRECTORIES}
        return {**compiled(), **folders, "VIRTBUS_BROKER_RUN_DIR": str(self.run_dir)}

    @property
    def client(self) -> ServedClient:
        """The client in this environment."""
        return self._client

    def pid(self, role: str) -> int:
        """The broker's or the qemu-agent's."""
        return {"broker": self._broker, "agent": self._agent}[role]

    def launch(self) -> None:
        """Starts the agent."""
        self._agent = self._daemon(self.agent)

    def close(self) -> None:
        """Ends client, agent, broker and guests."""
        try:
            self._client.close()
            end_process(self._agent, signal.SIGTERM)
            end_process(self._broker, signal.SIGTERM)
        finally:
            self.reaper.close()

    def _make_directories(self) -> None:
        """Fresh ones, but for the cache: probing QEMU is not what a row measures."""
        for name in DIRECTORIES:
            if name != "cache":
                shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def _daemon(self, command: str, *arguments: str) -> int:
        path = Path(sys.executable).parent / command
        if not path.exists():
            raise BenchError(f"{path} is missing: install the components in this environment")
        return self.reaper.spawn(
            [str(path), *arguments], self.root / f"{command}.log", self.environment
        )
