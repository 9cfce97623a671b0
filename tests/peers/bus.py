"""A bus of a test's own: a broker and agents as processes, in a private directory.

    with Bus() as bus:
        bus.start_broker()
        agent = bus.start_agent("virtbus_test", routes=["test:///default"])
        client = bus.client()
        ...
        agent.kill()

Each process is ended by its pid at the end. What they logged is printed then, which pytest shows
when the test failed; a bus that many tests share prints what is new with `print_logs`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

from tests.peers.client import RawClient, Subscriber
from virtbus.errors import RetryError
from virtbus.wire.frames import BrokerStatus

START_S = 20.0
STOP_S = 15.0

T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str, *, timeout_s: float = 10.0) -> T:
    """Look again and again until the answer is true; fails naming `what` after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
        time.sleep(0.005)
    return found


class Process:
    """One process of the bus; it ends with `stop` or `kill`, and with the bus at the latest."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log_file = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.pid = self._popen.pid

    @property
    def log(self) -> str:
        """What all processes of this name have logged until now."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal; it must be alive."""
        assert self.alive, f"pid {self.pid} ended with {self._popen.returncode}\n{self.log}"
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP: it lives but does nothing."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL; on return it is gone."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        self._popen.wait(STOP_S)

    def stop(self) -> int:
        """SIGTERM; its exit status. Fails if it does not end in time."""
        if self.alive:
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit status, once it has ended by itself."""
        try:
            return self._popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"pid {self.pid} did not end in {STOP_S} s\n{self.log}") from None

    def pss_kib(self) -> int:
        """Its share of the memory in use."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise AssertionError("no Pss in smaps_rollup")


class Bus:
    """A broker, agents and clients with directories of their own; a context manager."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bus-"))
        self.directory.chmod(0o711)  # guests run as another user and have their sockets below
        self.run_dir = self.directory / "run"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("VIRTBUS_")
        } | {
            f"VIRTBUS_{kind.upper()}_DIR": str(self.directory / kind)
            for kind in ("run", "state", "config", "cache", "log")
        }
        self._processes: list[Process] = []
        self._clients: list[RawClient | Subscriber] = []
        self._printed: dict[Path, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_broker(self, *arguments: str) -> Process:
        """Start the broker; on return it can be connected to."""
        module = ["-m", "virtbus_broker", "--run-dir", str(self.run_dir), *arguments]
        broker = self.start("broker", [sys.executable, *module])
        self._wait_for_broker(broker)
        return broker

    def _wait_for_broker(self, broker: Process) -> None:
        def answers() -> bool:
            assert broker.alive, f"the broker did not start:\n{broker.log}"
            if not (self.run_dir / "requests").exists():
                return False
            with RawClient(self.run_dir) as probe:
                return probe.pings(timeout_s=0.2)

        wait_for(answers, "the broker answers", timeout_s=START_S)

    def start_agent(
        self,
        package: str,
        *arguments: str,
        routes: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
    ) -> Process:
        """Start an agent; on return it serves `routes`. `settings` are environment variables."""
        agent = self.start(package, [sys.executable, "-m", package, *arguments], settings)
        if routes:
            self.wait_for_routes(agent, *routes)
        return agent

    def wait_for_routes(self, agent: Process, *routes: str) -> None:
        """Return once the process is listed with these routes; fails with its log if it ends."""

        def listed() -> bool:
            assert agent.alive, f"the agent ended:\n{agent.log}"
            return any(
                each.pid == agent.pid
                and each.state == "present"
                and set(routes) <= set(each.routes)
                for each in self.status().agents
            )

        wait_for(listed, f"an agent serves {', '.join(routes)}", timeout_s=START_S)

    def start(
        self, name: str, command: Sequence[str], settings: Mapping[str, str] | None = None
    ) -> Process:
        """Start any process in the bus's environment; its log is `NAME.log`."""
        environment = {**self.environment, **(settings or {})}
        process = Process(command, environment, self.directory / f"{name}.log")
        self._processes.append(process)
        return process

    def client(self, *, readonly: bool = False) -> RawClient:
        """A client at the read-write door, or the read-only one."""
        client = RawClient(self.run_dir, readonly=readonly)
        self._clients.append(client)
        return client

    def subscriber(self, *topics: str) -> Subscriber:
        """A subscriber, which has been welcomed."""
        subscriber = Subscriber(self.run_dir, topics)
        self._clients.append(subscriber)
        return subscriber

    def status(self) -> BrokerStatus:
        """What the broker says of itself."""
        with RawClient(self.run_dir, readonly=True) as client:
            return client.status()

    def print_logs(self) -> None:
        """Print what was logged since the last time."""
        for log in sorted(self.directory.glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace")
            new = text[self._printed.get(log, 0) :]
            self._printed[log] = len(text)
            if new:
                sys.stdout.write(f"--- {log.name}\n{new}\n")

    def close(self) -> None:
        """End every process, agents before the broker; remove the directory."""
        for client in self._clients:
            client.close()
        try:
            for process in reversed(self._processes):
                process.stop()
        finally:
            for process in self._processes:
                process.kill()
            self.print_logs()
            shutil.rmtree(self.directory)


def retried(ask: Callable[[], T], *, timeout_s: float = 10.0) -> T:
    """The answer of a call that may have to be made again while an agent or the broker is away."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except RetryError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
