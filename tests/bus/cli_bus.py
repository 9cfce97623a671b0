"""A bus started by `virtbus up`, and the `virtbus` command used on it as people would."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WAIT_S = 20.0
URI = "test:///default"
COMMAND = [sys.executable, "-m", "virtbus_cli"]
GUEST = """\
<domain type='test'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type>hvm</type></os>
  <devices><serial type='pty'/></devices>
</domain>
"""


class CliBus:
    """`virtbus up --dir` in a short directory of its own, with the test-agent alone."""

    def __init__(self, *arguments: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="cli-"))
        self._arguments = arguments or ("--only", "test")
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("VIRTBUS_")
        } | {"VIRTBUS_RUN_DIR": str(self.directory / "run"), "VIRTBUS_URI": URI}
        self.start()

    def start(self) -> None:
        """Start it; on return its agents are present."""
        with (self.directory / "up.log").open("wb") as log:
            self.up = subprocess.Popen(
                [*COMMAND, "up", "--json", "--dir", str(self.directory), *self._arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        self.wait_until(lambda: self.state("test") == "present")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What `up` has said so far."""
        text = (self.directory / "up.log").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def state(self, name: str) -> str:
        """The last state told of a process."""
        return next((each["state"] for each in self.lines[::-1] if each.get("name") == name), "")

    def pid(self, name: str) -> int:
        """The pid last told of a process."""
        told = next(each["detail"] for each in self.lines[::-1] if each.get("name") == name)
        return int(told.split("pid ")[1].split(",")[0])

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Return when it holds; fail when `up` ended or it takes too long."""
        until_s = time.monotonic() + WAIT_S
        while not reached():
            assert self.up.poll() is None, (self.directory / "up.log").read_text()
            assert time.monotonic() < until_s, (self.directory / "up.log").read_text()
            time.sleep(0.05)

    def run(self, *arguments: str, input: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `virtbus ARGUMENTS` to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            input=input,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=WAIT_S,
            check=False,
        )

    def ok(self, *arguments: str, input: str = "") -> str:
        """The same, where it must succeed; its standard output."""
        done = self.run(*arguments, input=input)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def json(self, *arguments: str, input: str = "") -> Any:
        """The same, answered in JSON."""
        return json.loads(self.ok(*arguments, "--json", input=input))

    def spawn(self, *arguments: str, **streams: Any) -> "subprocess.Popen[str]":
        """Start `virtbus ARGUMENTS`; the caller ends it."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            text=True,
            env=self.environment,
            **({"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | streams),
        )

    def define(self, name: str, *, start: bool = True) -> None:
        """A domain, running."""
        self.ok("define", "-", input=GUEST.format(name=name))
        if start:
            self.ok("start", name)

    def forget(self, name: str) -> None:
        """Whatever state it is in, it is gone on return."""
        self.run("destroy", name)
        self.run("undefine", name)

    def stop(self) -> int:
        """SIGTERM; gives the exit status."""
        self.up.send_signal(signal.SIGTERM)
        return self.up.wait(WAIT_S)

    def close(self) -> None:
        """End all."""
        if self.up.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)


@contextmanager
def cli_bus(*arguments: str) -> Iterator[CliBus]:
    """A bus for as long as the block."""
    bus = CliBus(*arguments)
    try:
        yield bus
    finally:
        bus.close()
