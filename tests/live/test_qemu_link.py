"""The link against real QEMU under TCG: processes, monitors, consoles, and the boot image."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tools.bootimage import BANNER, POWER_BUTTON, POWER_OFF_BYTE, RESET_BYTE, write_boot_image
from virtbus.errors import DeadlineExceeded, HypervisorFailed, InvalidState, Unsupported
from virtbus_qemu.errors import MonitorGone
from virtbus_qemu.link import (
    Console,
    ExitStatus,
    Monitor,
    MonitorEvent,
    Process,
    ProcessIdentity,
    RunAs,
    adopt,
    listen,
    spawn,
)

EMULATOR = "qemu-system-x86_64"
SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
VIRTIO = "if=virtio"
IDE = "if=ide"  # on q35 this is the SATA controller


@pytest.fixture(autouse=True)
def _qemu(require_peer: Callable[..., None]) -> None:
    require_peer(EMULATOR, "install qemu-system-x86")


def run(case: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await case()

    asyncio.run(bounded())


@dataclass
class Guest:
    """One real guest in its own directory."""

    directory: Path
    uuid: UUID = field(default_factory=uuid4)
    events: "asyncio.Queue[MonitorEvent]" = field(default_factory=asyncio.Queue)
    ended: "asyncio.Future[str]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def spawn(
        self, machine: str = "pc", disk: str = VIRTIO, run_as: RunAs | None = None
    ) -> Process:
        write_boot_image(self.directory / "disk")
        if run_as:
            os.chown(self.directory / "disk", run_as.uid, run_as.gid)
        with listen(self.path("m")) as monitor, listen(self.path("s")) as serial:
            fds = monitor.fileno(), serial.fileno()
            command = [
                EMULATOR, "-uuid", str(self.uuid), "-S", "-no-user-config", "-nodefaults",
                "-display", "none", "-machine", machine, "-accel", "tcg", "-m", "16",
                "-no-shutdown",
                "-sandbox", SANDBOX,
                "-chardev", f"socket,id=m,fd={fds[0]},server=on,wait=off",
                "-mon", "chardev=m,mode=control",
                "-chardev", f"socket,id=s,fd={fds[1]},server=on,wait=off", "-serial", "chardev:s",
                "-drive", f"file={self.path('disk')},format=raw,{disk}",
            ]  # fmt: skip
            return spawn(command, self.uuid, log=self.path("log"), pass_fds=fds, run_as=run_as)

    def path(self, name: str) -> Path:
        return self.directory / name

    async def monitor(self) -> Monitor:
        return await Monitor.connect(
            str(self.path("m")), on_event=self.events.put_nowait, on_end=self.ended.set_result
        )

    async def event(self, name: str) -> MonitorEvent:
        while (event := await self.events.get()).name != name:
            pass
        return event


@asynccontextmanager
async def running(
    directory: Path, machine: str = "pc", disk: str = VIRTIO
) -> AsyncIterator[tuple[Guest, Process, Monitor]]:
    os.makedirs(directory, exist_ok=True)
    guest = Guest(directory)
    process = guest.spawn(machine, disk)
    try:
        monitor = await guest.monitor()
        await monitor.execute("cont")
        yield guest, process, monitor
        await monitor.close()
    finally:
        await process.terminate(0)


async def until(console: Console, text: bytes) -> bytes:
    heard = b""
    while text not in heard:
        data = await console.read()
        assert data, console.end_reason
        heard += data
    return heard


@pytest.mark.parametrize(
    "machine, disk", [("pc", VIRTIO), ("q35", VIRTIO), ("pc", IDE), ("q35", IDE)]
)
def test_the_boot_image_greets_echoes_resets_and_powers_off(
    tmp_path: Path, machine: str, disk: str
) -> None:
    async def case() -> None:
        async with running(tmp_path, machine, disk) as (guest, process, monitor):
            console = await Console.connect(str(guest.path("s")))
            await until(console, BANNER)
            await console.write(b"0123456789" * 100 + b"end")
            assert (await until(console, b"end")).endswith(b"0123456789" * 100 + b"end")
            await console.write(RESET_BYTE)
            await guest.event("RESET")
            await until(console, BANNER)
            await monitor.execute("system_powerdown")
            await until(console, POWER_BUTTON)
            assert (await guest.event("SHUTDOWN")).data["reason"] == "guest-shutdown"
            await monitor.execute("quit")
            assert await process.wait() == ExitStatus(code=0)
            assert await console.read() == b""

    run(case)


def test_the_boot_image_powers_off_by_itself_and_sleeps_when_idle(tmp_path: Path) -> None:
    async def case() -> None:
        async with running(tmp_path) as (guest, process, _):
            console = await Console.connect(str(guest.path("s")))
            await until(console, BANNER)
            before_s = cpu_s(process.pid)
            await asyncio.sleep(1)
            assert cpu_s(process.pid) - before_s < 0.2
            await console.write(POWER_OFF_BYTE)
            assert (await guest.event("SHUTDOWN")).data["reason"] == "guest-shutdown"
            console.close()

    run(case)


def test_an_error_of_qemu_has_its_meaning(tmp_path: Path) -> None:
    async def case() -> None:
        async with running(tmp_path) as (_, _, monitor):
            with pytest.raises(Unsupported, match="make-coffee"):
                await monitor.execute("make-coffee")
            with pytest.raises(InvalidState, match="eject"):
                await monitor.execute("eject", {"id": "nothing"})
            with pytest.raises(HypervisorFailed, match="'id' is missing"):
                await monitor.execute("device_del")
            assert (await monitor.execute("query-status"))["running"]

    run(case)


def test_a_qemu_that_refuses_its_arguments_says_why_in_its_log(tmp_path: Path) -> None:
    async def case() -> None:
        guest = Guest(tmp_path)
        process = guest.spawn(machine="no-such-machine")
        with pytest.raises(HypervisorFailed):
            await guest.monitor()
        assert await process.wait() == ExitStatus(code=1)
        assert "unsupported machine type" in process.log_tail()
        assert not guest.ended.done()

    run(case)


def test_a_killed_guest_is_seen_by_process_and_monitor(tmp_path: Path) -> None:
    async def case() -> None:
        async with running(tmp_path) as (guest, process, monitor):
            begun = time.monotonic()
            os.kill(process.pid, signal.SIGKILL)
            assert await process.wait() == ExitStatus(signal=signal.SIGKILL)
            assert await guest.ended
            assert time.monotonic() - begun < 0.5
            with pytest.raises(MonitorGone):
                await monitor.execute("query-status")

    run(case)


def test_calls_stuck_on_a_stopped_guest_end_at_their_own_deadlines(tmp_path: Path) -> None:
    async def case() -> None:
        async with (
            running(tmp_path / "stopped") as (_, process, stuck),
            running(tmp_path / "other") as (_, _, healthy),
        ):
            process.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            timeouts_s = [0.2 + n * 0.02 for n in range(25)]
            ends = [asyncio.create_task(timed(stuck, timeout_s)) for timeout_s in timeouts_s]
            slowest_s = 0.0
            while time.monotonic() - begun < 0.8:
                asked = time.monotonic()
                await healthy.execute("query-status")
                slowest_s = max(slowest_s, time.monotonic() - asked)
            assert slowest_s < 0.1
            for took_s, timeout_s in zip(await asyncio.gather(*ends), timeouts_s, strict=True):
                assert timeout_s <= took_s < timeout_s + 0.1
            assert stuck.silent_since_ms is not None
            process.send_signal(signal.SIGCONT)
            assert (await stuck.execute("query-status"))["running"]
            assert stuck.late_replies == 25
            assert stuck.silent_since_ms is None

    run(case)


async def timed(monitor: Monitor, timeout_s: float) -> float:
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await monitor.execute("query-status", timeout_s=timeout_s)
    return time.monotonic() - begun


def test_a_stopped_guest_can_be_terminated(tmp_path: Path) -> None:
    async def case() -> None:
        async with running(tmp_path) as (guest, process, monitor):
            process.send_signal(signal.SIGSTOP)
            assert await process.terminate(5) == ExitStatus(code=0)
            assert await guest.ended
            assert guest.events.get_nowait().name == "RESUME"
            assert (await guest.event("SHUTDOWN")).data["reason"] == "host-signal"
            assert monitor.end_reason == "QEMU closed the connection"

    run(case)


def test_a_guest_outlives_its_agent_and_is_found_again(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib; from tests.live.test_qemu_link import Guest\n"
        f"async def start():\n"
        f"    guest = Guest(pathlib.Path({str(tmp_path)!r}))\n"
        "    process = guest.spawn()\n"
        "    await (await guest.monitor()).execute('cont')\n"
        "    print(process.pid, process.identity.start_time_ticks, guest.uuid, flush=True)\n"
        "    __import__('os')._exit(9)\n"
        "asyncio.run(start())"
    )

    async def case() -> None:
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await agent.communicate()
        pid, start_time_ticks, uuid = output.decode().split()
        identity = ProcessIdentity(int(pid), int(start_time_ticks), UUID(uuid))
        process = adopt(identity, log=tmp_path / "log")
        assert process is not None
        try:
            guest = Guest(tmp_path, UUID(uuid))
            monitor = await guest.monitor()
            assert (await monitor.execute("query-status"))["running"]
            assert (await monitor.execute("query-uuid"))["UUID"] == uuid
        finally:
            assert await process.terminate(5) == ExitStatus()
        assert await guest.ended == "QEMU closed the connection"

    run(case)


def test_a_descriptor_is_handed_over(tmp_path: Path) -> None:
    async def case() -> None:
        async with running(tmp_path) as (_, _, monitor):
            with (tmp_path / "a").open("w") as a, (tmp_path / "b").open("w") as b:
                await asyncio.gather(
                    monitor.send_fd("one", a.fileno()), monitor.send_fd("two", b.fileno())
                )
            for name in ("one", "two"):
                await monitor.execute("closefd", {"fdname": name})
            with pytest.raises(HypervisorFailed, match="three"):
                await monitor.execute("closefd", {"fdname": "three"})

    run(case)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a guest as somebody else")
def test_a_guest_runs_as_the_unprivileged_user() -> None:
    async def case(directory: Path) -> None:
        guest = Guest(directory)
        process = guest.spawn(run_as=RunAs(65534, 65534))
        try:
            monitor = await guest.monitor()
            assert (await monitor.execute("query-status"))["status"] == "prelaunch"
            await monitor.close()
            assert os.stat(f"/proc/{process.pid}").st_uid == 65534
        finally:
            await process.terminate(0)

    with tempfile.TemporaryDirectory(dir="/tmp") as directory:  # pytest's own is closed to others
        Path(directory).chmod(0o711)
        run(lambda: case(Path(directory)))


def cpu_s(pid: int) -> float:
    fields = re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
