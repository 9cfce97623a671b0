"""Processes by pidfd: identity, end, log. The process is a sleeper, which QEMU also mostly is."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from virtbus.errors import HypervisorFailed, InvalidArgument
from virtbus_qemu.link.process import ExitStatus, Process, RunAs, adopt, listen, open_log, spawn

READY = "import sys, time, os; print('ready', *sys.argv[1:], flush=True); "
SLEEP = READY + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP


def run(case: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await case()

    asyncio.run(bounded())


def start(program: str, directory: Path, uuid: UUID | None = None) -> Process:
    uuid = uuid or uuid4()
    command = [sys.executable, "-I", "-S", "-c", program, str(uuid)]
    return spawn(command, uuid, log=directory / "log")


async def ready(process: Process) -> Process:
    async with asyncio.timeout(5):
        while "ready" not in process.log_tail():
            await asyncio.sleep(0.005)
    return process


def test_exit_code_and_log_of_a_process(tmp_path: Path) -> None:
    async def case() -> None:
        process = start(READY + "sys.exit(7)", tmp_path)
        assert await process.wait() == ExitStatus(code=7)
        assert process.exit_status == ExitStatus(code=7)
        assert process.log_tail() == f"ready {process.identity.uuid}"
        process.send_signal(signal.SIGKILL)
        assert await process.terminate(1) == ExitStatus(code=7)
        again = start(READY.replace("ready", "again"), tmp_path)
        await again.wait()
        assert again.log_tail() == f"again {again.identity.uuid}"

    run(case)


def test_the_process_is_detached_and_inherits_only_what_it_should(tmp_path: Path) -> None:
    async def case() -> None:
        uuid = uuid4()
        with listen(tmp_path / "s") as listener:
            command = [sys.executable, "-I", "-S", "-c", SLEEP, str(uuid)]
            process = spawn(command, uuid, log=tmp_path / "log", pass_fds=(listener.fileno(),))
            descriptors = {"0", "1", "2", str(listener.fileno())}
        await ready(process)
        assert os.getsid(process.pid) == process.pid
        assert set(os.listdir(f"/proc/{process.pid}/fd")) == descriptors
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
        assert os.readlink(f"/proc/{process.pid}/cwd") == "/"
        await process.terminate(1)

    run(case)
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_polite_process_is_told_and_a_stubborn_one_killed(tmp_path: Path) -> None:
    async def case() -> None:
        polite = await ready(start(SLEEP, tmp_path))
        assert await polite.terminate(5) == ExitStatus(signal=signal.SIGTERM)
        stopped = await ready(start(SLEEP, tmp_path))
        stopped.send_signal(signal.SIGSTOP)
        assert await stopped.terminate(5) == ExitStatus(signal=signal.SIGTERM)
        stubborn = await ready(start(STUBBORN, tmp_path))
        begun = time.monotonic()
        assert await stubborn.terminate(0.1) == ExitStatus(signal=signal.SIGKILL)
        assert 0.1 <= time.monotonic() - begun < 1
        no_grace = await ready(start(STUBBORN, tmp_path))
        assert await no_grace.terminate(0) == ExitStatus(signal=signal.SIGKILL)

    run(case)


def test_all_waiters_see_the_end_and_may_leave_before(tmp_path: Path) -> None:
    async def case() -> None:
        process = await ready(start(SLEEP, tmp_path))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(process.wait(), 0.01)
        waiters = [asyncio.create_task(process.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        os.kill(process.pid, signal.SIGKILL)
        assert await asyncio.gather(*waiters) == [ExitStatus(signal=signal.SIGKILL)] * 3

    run(case)


def test_only_the_very_process_is_adopted(tmp_path: Path) -> None:
    async def case() -> None:
        process = await ready(start(SLEEP, tmp_path))
        identity, log = process.identity, tmp_path / "log"
        later = msgspec.structs.replace(identity, start_time_ticks=identity.start_time_ticks + 1)
        assert adopt(later, log=log) is None
        assert adopt(msgspec.structs.replace(identity, uuid=uuid4()), log=log) is None
        process.detach()
        adopted = adopt(identity, log=log)
        assert adopted is not None
        assert adopted.identity == identity
        await adopted.terminate(0)
        assert adopt(identity, log=log) is None

    run(case)


def test_an_ended_process_nobody_reaped_is_not_adopted(tmp_path: Path) -> None:
    async def case() -> None:
        process = await ready(start(SLEEP, tmp_path))
        process.detach()
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert adopt(process.identity, log=tmp_path / "log") is None
        await asyncio.to_thread(os.waitpid, process.pid, 0)

    run(case)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as somebody else")
def test_a_process_runs_as_the_unprivileged_user(tmp_path: Path) -> None:
    async def case() -> None:
        uuid = uuid4()
        process = spawn(
            ["/bin/cat", "/proc/self/status", str(uuid)],
            uuid,
            log=tmp_path / "log",
            run_as=RunAs(65534, 65533, extra_gids=(65532,)),
        )
        await process.wait()
        status = dict(re.findall(r"(\w+):\t(.*)", process.log_tail()))
        assert status["Uid"].split() == ["65534"] * 4
        assert status["Gid"].split() == ["65533"] * 4
        assert status["Groups"].split() == ["65532"]
        assert int(status["CapEff"], 16) == 0

    run(case)


def test_what_cannot_be_executed_is_told(tmp_path: Path) -> None:
    async def case() -> None:
        uuid = uuid4()
        with pytest.raises(HypervisorFailed, match="is it installed"):
            spawn(["/no/such/qemu", str(uuid)], uuid, log=tmp_path / "log")
        with pytest.raises(ValueError, match="UUID"):
            spawn(["/bin/true"], uuid, log=tmp_path / "log")

    run(case)


def test_a_log_that_grew_too_big_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "guest.log"
    for text, limit_bytes in ((b"first", 10), (b"second", 10), (b"third", 10)):
        descriptor = open_log(log, limit_bytes)
        os.write(descriptor, text)
        os.close(descriptor)
    assert log.read_bytes() == b"third"
    assert (tmp_path / "guest.log.old").read_bytes() == b"firstsecond"


def test_a_log_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        open_log(tmp_path / "log")


def test_a_listening_socket_replaces_a_stale_one_and_has_a_bounded_name(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listen(path).close()
    with listen(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidArgument, match="shorter run directory"):
        listen(tmp_path / ("x" * 108))
