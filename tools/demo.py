"""A tour of virtbus in half a minute: `./run demo`.

It makes a private bus in a temporary directory, boots a real guest from an image of one sector,
talks to it, kills the agent under it, and takes everything down again. Where QEMU is missing the
same tour runs on the test-agent, whose domains compute nothing.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from uuid import UUID

from bootimage import BANNER, write_boot_image  # type: ignore[import-not-found]  # beside a script

import virtbus
from virtbus.agent.installed import installed_agents
from virtbus.errors import VirtbusError
from virtbus_cli.commands.events import describe

NAME = "demo"
WAIT_S = 15.0
GREETING = b"hello, guest"

QEMU = """\
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{image}'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""
TEST = """\
<domain type='test'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  <devices><serial type='pty'/></devices>
</domain>
"""


class Tour:
    """One run: a directory, the bus in it, and the guest on that."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="virtbus-demo-"))
        self.directory.chmod(0o755)  # guests run as a user of their own and read the image
        self.run_dir = self.directory / "run"
        self._steps = 0
        self._up: subprocess.Popen[bytes] | None = None
        agents = {agent.name: agent.why_unusable for agent in installed_agents()}
        self.why_not_qemu = agents.get("qemu", "the qemu-agent is not installed")
        self.is_real = not self.why_not_qemu
        self.agent = "qemu" if self.is_real else "test"
        mode = "system" if os.geteuid() == 0 else "session"
        self.uri = f"qemu:///{mode}" if self.is_real else "test:///default"

    # The steps

    def run(self) -> None:
        """The whole tour."""
        self.start_bus()
        with virtbus.connect(self.uri, endpoint=str(self.run_dir)) as conn, conn.events() as events:
            threading.Thread(target=print_events, args=(events,), daemon=True).start()
            domain = self.define(conn)
            self.boot(domain)
            self.kill_agent(conn, domain)
            if self.is_real:
                self.suspend_and_resume(domain)
                self.shut_down(conn, domain)
        self.step("Take the bus down again")
        self.stop_bus()

    def start_bus(self) -> None:
        """Broker and agents, by `virtbus up`."""
        self.step(f"Start broker and agents in {self.directory}")
        if self.why_not_qemu:
            self.say(f"No real guest: {self.why_not_qemu}. The tour goes on at the test-agent.")
        names = ["--only", "test"] + (["--only", "qemu"] if self.is_real else [])
        module = ["-m", "virtbus_cli.up.tether", str(os.getpid()), "virtbus_cli"]
        command = [sys.executable, *module, "up", "--dir", str(self.directory), *names]
        with (self.directory / "up.log").open("wb") as log:
            self._up = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: self.agent_pid() != 0, "the agents to register")
        self.show("status")

    def define(self, conn: virtbus.Connection) -> virtbus.Domain:
        """An image that boots, and a definition that names it."""
        self.step("Define a domain" + (" that boots from an image of one sector" * self.is_real))
        image = self.directory / "boot.img"
        write_boot_image(image)
        image.chmod(0o666)
        document = QEMU if self.is_real else TEST
        domain = conn.define_domain(document.format(name=NAME, image=image))
        self.show("list")
        return domain

    def boot(self, domain: virtbus.Domain) -> None:
        """Start it paused, so that its console is open before its first word."""
        self.step("Start it, read its console, talk to it")
        started_s = time.monotonic()
        domain.start(paused=True)
        self.say(f"started (paused) in {(time.monotonic() - started_s) * 1000:.0f} ms")
        with domain.open_console() as console:
            domain.resume()
            self.say(f"console: {hear(console, BANNER)!r}")
            console.write(GREETING)
            self.say(f"console: {hear(console, GREETING)!r}, which is what we sent")
        self.show("list")

    def kill_agent(self, conn: virtbus.Connection, domain: virtbus.Domain) -> None:
        """kill -9, while the guest runs on; `virtbus up` starts the agent again."""
        self.step(f"kill -9 the {self.agent}-agent" + (" while the guest runs on" * self.is_real))
        guest = guest_pid(domain.uuid) if self.is_real else 0
        agent = self.agent_pid()
        self.say(f"agent is pid {agent}" + (f", guest is pid {guest}" if guest else ""))
        started_s = time.monotonic()
        os.kill(agent, signal.SIGKILL)
        wait_until(lambda: self.agent_pid() not in (0, agent), "the agent to come back")
        self.say(
            f"agent is pid {self.agent_pid()} and registered again after "
            f"{time.monotonic() - started_s:.1f} s"
        )
        if not self.is_real:
            self.say("its domains were in its memory and are gone; a hypervisor's guests are not")
            self.show("list")
            return
        if guest_pid(domain.uuid) != guest:
            raise RuntimeError(f"the guest did not survive: it was pid {guest}")
        uptime_s = time.time() - domain.refresh().record.since_ms / 1000
        self.say(
            f"guest is still pid {guest}, up for {uptime_s:.1f} s, state {domain.get_state().state}"
        )
        with domain.open_console() as console:
            console.write(b"still there?")
            self.say(f"console: {hear(console, b'still there?')!r}")

    def suspend_and_resume(self, domain: virtbus.Domain) -> None:
        """Both ways."""
        self.step("Suspend it, resume it")
        domain.suspend()
        self.say(f"state {domain.get_state().state}")
        domain.resume()
        self.say(f"state {domain.get_state().state}")

    def shut_down(self, conn: virtbus.Connection, domain: virtbus.Domain) -> None:
        """By the power button, as the guest's own system does it."""
        self.step("Press its power button, forget it")
        with conn.live_domains() as live:
            domain.shutdown()
            live.wait_for(lambda view: not view[NAME].record.active, timeout_s=WAIT_S)
        domain.undefine()
        time.sleep(0.2)  # for the last events to be printed
        self.show("list")

    # What the steps need

    def step(self, title: str) -> None:
        """Announce a step."""
        self._steps += 1
        text = f"{self._steps}. {title}"
        print(f"\n\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)

    def say(self, text: str) -> None:
        """A line of a step."""
        print(f"   {text}", flush=True)

    def show(self, *arguments: str) -> None:
        """Run the `virtbus` command as a user would, and show what it prints."""
        command = [sys.executable, "-m", "virtbus_cli", "--broker", str(self.run_dir), *arguments]
        if arguments != ("status",):
            command[3:3] = ["--uri", self.uri]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
        self.say(f"$ virtbus {' '.join(arguments)}")
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"  {line}")

    def agent_pid(self) -> int:
        """The agent's pid, 0 while it is not on the bus."""
        try:
            agents = virtbus.status(str(self.run_dir), deadline_s=1.0).agents
        except VirtbusError:
            if self._up is not None and self._up.poll() is not None:
                raise RuntimeError((self.directory / "up.log").read_text()) from None
            return 0
        return next((each.pid for each in agents if each.agent == self.agent), 0)

    def stop_bus(self) -> None:
        """End what `start_bus` started; on return its processes are gone."""
        if self._up is None or self._up.poll() is not None:
            return
        self._up.send_signal(signal.SIGTERM)
        try:
            self._up.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._up.kill()
            self._up.wait(WAIT_S)
        self.say("agents and broker have ended")

    def clean_up(self) -> None:
        """Leave nothing behind, whatever happened before."""
        self.stop_bus()
        for pid in processes_with(str(self.directory)):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)


def print_events(events: virtbus.EventStream) -> None:
    """The thread that prints what happens, as it happens."""
    for item in events:
        print(f"   event:   {describe(item)}", flush=True)


def hear(console: virtbus.Console, expected: bytes) -> bytes:
    """What the console says, once `expected` is in it. Raises DeadlineExceeded."""
    heard = b""
    until_s = time.monotonic() + WAIT_S
    while expected not in heard:
        heard += console.read(timeout_s=max(0.01, until_s - time.monotonic()))
    return heard


def guest_pid(uuid: UUID) -> int:
    """The process of a guest, by the UUID on its command line."""
    return next(iter(processes_with(str(uuid))), 0)


def processes_with(word: str) -> list[int]:
    """The processes, but this one, whose command line has a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return found


def wait_until(reached: Callable[[], bool], what: str) -> None:
    """Return when it holds. Raises RuntimeError after a while."""
    until_s = time.monotonic() + WAIT_S
    while not reached():
        if time.monotonic() > until_s:
            raise RuntimeError(f"waited {WAIT_S:g} s in vain for {what}")
        time.sleep(0.1)


def interrupted(number: int, frame: FrameType | None) -> None:
    """SIGTERM is like Ctrl-C: what was started is ended."""
    raise KeyboardInterrupt


def main() -> int:
    """Take the tour; gives the exit status."""
    signal.signal(signal.SIGTERM, interrupted)
    started_s = time.monotonic()
    tour = Tour()
    try:
        tour.run()
    except KeyboardInterrupt:
        print("\ninterrupted; cleaning up", flush=True)
        return 130
    except (VirtbusError, RuntimeError) as error:
        print(f"\nThe tour failed: {error}", file=sys.stderr, flush=True)
        for log in sorted(tour.directory.glob("**/*.log")):
            tail = log.read_text(errors="replace").splitlines()[-10:]
            print(f"--- {log.name}", *tail, sep="\n", file=sys.stderr)
        return 1
    finally:
        tour.clean_up()
    print(
        f"\nDone in {time.monotonic() - started_s:.0f} s. Next: ./run up, then ./run virtbus status"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
