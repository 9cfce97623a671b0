"""A guest's QEMU process: spawned detached, found again, watched, and ended.

A process is named by three things that no other process shares: its pid, its start
time, and the guest's UUID on its command line. It is held by a pidfd (Linux 5.3,
pidfd_open(2)), so no signal ever reaches a stranger that inherited the pid, and
its end wakes the event loop without polling.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import msgspec

from virtbus.errors import HypervisorFailed, InvalidArgument, Unresponsive

LOG_LIMIT_BYTES = 1024 * 1024
LOG_TAIL_BYTES = 4096
KILL_WAIT_S = 10.0
MAX_SOCKET_PATH_BYTES = 107  # unix(7): sun_path without its ending zero
ENVIRONMENT: dict[str, str] = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class ProcessIdentity(msgspec.Struct, frozen=True):
    """What a guest's process is found again by.

    `start_time_ticks` is field 22 of /proc/PID/stat (proc(5)): clock ticks from the
    host's boot to the start of the process.
    """

    pid: int
    start_time_ticks: int
    uuid: UUID


class ExitStatus(msgspec.Struct, frozen=True):
    """How a process ended: its exit code or the signal that ended it.

    Both are None for an adopted process: only its parent is ever told.
    """

    code: int | None = None
    signal: int | None = None


class RunAs(msgspec.Struct, frozen=True):
    """The unprivileged user a guest runs as; all other groups are dropped."""

    uid: int
    gid: int
    extra_gids: tuple[int, ...] = ()


class Process:
    """A running QEMU process, made by `spawn` or `adopt`."""

    def __init__(
        self, identity: ProcessIdentity, pidfd: int, log: Path, log_start_bytes: int = 0
    ) -> None:
        self.identity = identity
        self._pidfd = pidfd
        self._log = log
        self._log_start_bytes = log_start_bytes
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[ExitStatus] = self._loop.create_future()
        self._loop.add_reader(pidfd, self._on_end)

    @property
    def pid(self) -> int:
        """The process id; signals go through `send_signal`, never to this number."""
        return self.identity.pid

    @property
    def exit_status(self) -> ExitStatus | None:
        """How it ended; None while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> ExitStatus:
        """Wait for the end of the process; many may wait, and cancel, independently."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the process has ended already."""
        if self._ended.done():
            return
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            return  # it ended, and the loop has not told us yet

    async def terminate(self, grace_s: float) -> ExitStatus:
        """End the process: SIGTERM, and SIGKILL if it is still there after `grace_s`.

        A stopped process is continued so that it can act on SIGTERM. With no grace
        SIGKILL is sent at once. On return the process is gone. Raises Unresponsive
        if not even SIGKILL ends it within 10 s, as happens on hung storage.
        """
        if grace_s > 0:
            self.send_signal(signal.SIGTERM)
            self.send_signal(signal.SIGCONT)
            await asyncio.wait((self._ended,), timeout=grace_s)
        self.send_signal(signal.SIGKILL)
        await asyncio.wait((self._ended,), timeout=KILL_WAIT_S)
        if not self._ended.done():
            raise Unresponsive(
                f"process {self.pid} does not end on SIGKILL; the kernel holds it, "
                "usually over hung storage: look at /proc/PID/stack"
            )
        return self._ended.result()

    def log_tail(self) -> str:
        """What the process wrote to its log since its start, 4 KiB at most; for error messages."""
        with self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start_bytes, end - LOG_TAIL_BYTES))
            return log.read(LOG_TAIL_BYTES).decode(errors="replace").strip()

    def detach(self) -> None:
        """Let go of the process, which runs on; its end is not seen here any more.

        Whoever still waits for the end is cancelled.
        """
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        if not self._ended.done():
            self._ended.cancel()

    def _on_end(self) -> None:
        self._loop.remove_reader(self._pidfd)
        status = _exit_status(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1
        self._ended.set_result(status)


def listen(path: Path, backlog: int = 1) -> socket.socket:
    """A listening UNIX socket at `path`, to be inherited by QEMU (`fd=` of a chardev).

    Whoever connects after this is queued until QEMU greets, so nobody has to wait
    for QEMU to make the socket. A stale socket at `path` is replaced. Close yours
    after the spawn, so that the end of QEMU is the end of the queue. Raises
    InvalidArgument if the path is too long for a UNIX socket.
    """
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise InvalidArgument(
            f"the socket path {path} is longer than {MAX_SOCKET_PATH_BYTES} bytes; "
            "choose a shorter run directory",
            field="path",
            reason="too long",
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def spawn(
    command: Sequence[str],
    uuid: UUID,
    *,
    log: Path,
    pass_fds: Sequence[int] = (),
    run_as: RunAs | None = None,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Process:
    """Start QEMU detached: own session, no input, output to `log`, only `pass_fds` open.

    The command must hold the guest's UUID, by which it is adopted later. On return
    the program has been executed (which blocks the loop for 1 to 3 ms); whether it
    likes its arguments shows by its monitor or its end.
    Raises HypervisorFailed if it cannot be executed, OSError if the log cannot be
    opened or descriptors run out; then nothing runs.
    """
    if str(uuid) not in command:
        raise ValueError("the command does not name the guest's UUID")
    return execute(
        command, uuid, log=log, pass_fds=pass_fds, run_as=run_as, environment=environment
    )


def execute(
    command: Sequence[str],
    uuid: UUID,
    *,
    log: Path,
    pass_fds: Sequence[int] = (),
    run_as: RunAs | None = None,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Process:
    """As `spawn`, for a program that is not looked for later: the companion of a guest."""
    with ExitStack() as cleanup:
        output = open_log(log)
        cleanup.callback(os.close, output)
        log_start_bytes = os.fstat(output).st_size
        try:
            child = subprocess.Popen(  # noqa: S603 - an argument list made by translate
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=pass_fds,
                cwd="/",
                env=environment,
                start_new_session=True,
                umask=0o077,
                user=run_as.uid if run_as else None,
                group=run_as.gid if run_as else None,
                extra_groups=run_as.extra_gids if run_as else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise HypervisorFailed(
                f"{command[0]} cannot be executed; is it installed, and readable for its user?",
                cause=str(error),
                operation="spawn",
            ) from error
    try:
        pidfd = os.pidfd_open(child.pid)
        started = _start_time_ticks(child.pid)
    except OSError:  # no descriptor left: nobody would ever find this guest again
        child.kill()
        child.wait()
        raise
    # From here on the pidfd tells the end and collects the status, and Popen must not.
    child.returncode = 0
    return Process(ProcessIdentity(child.pid, started, uuid), pidfd, log, log_start_bytes)


def adopt(identity: ProcessIdentity, *, log: Path) -> Process | None:
    """The process of that identity if it still runs, else None.

    A process that inherited the pid is never taken: the pidfd is opened first, then
    start time and command line are compared, then the pidfd must still be alive, so
    all that was read belongs to the process it holds.
    """
    try:
        pidfd = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return None
    if _is_that(identity) and not _has_ended(pidfd):
        return Process(identity, pidfd, log)
    os.close(pidfd)
    return None


def open_log(path: Path, limit_bytes: int = LOG_LIMIT_BYTES) -> int:
    """Open a guest's log for appending, for its owner alone, and return the descriptor.

    A log that has grown beyond `limit_bytes` becomes `NAME.old`, and a new one begins.
    """
    try:
        if path.stat().st_size > limit_bytes:
            path.replace(path.with_name(path.name + ".old"))
    except FileNotFoundError:
        pass  # the guest's first start
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)


def _is_that(identity: ProcessIdentity) -> bool:
    try:
        arguments = Path(f"/proc/{identity.pid}/cmdline").read_bytes().split(b"\0")
        started = _start_time_ticks(identity.pid)
    except (FileNotFoundError, ProcessLookupError):
        return False  # ended while we looked
    return started == identity.start_time_ticks and str(identity.uuid).encode() in arguments


def _start_time_ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    after_name = stat.rpartition(")")[2].split()  # the name may hold spaces and brackets
    return int(after_name[19])


def _has_ended(pidfd: int) -> bool:
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(0))


def _exit_status(pidfd: int) -> ExitStatus:
    try:
        ended = os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
    except ChildProcessError:
        return ExitStatus()  # not our child: an adopted guest
    if ended is None:
        return ExitStatus()
    if ended.si_code == os.CLD_EXITED:
        return ExitStatus(code=ended.si_status)
    return ExitStatus(signal=ended.si_status)
