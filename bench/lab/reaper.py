"""A sub-reaper that starts daemons, adopts what they leave behind, and ends it all.

libvirt forks QEMU away from itself, and an agent's guests outlive the agent:
both end up with PID 1, and where that is no prompt init (containers) an ended
QEMU stays a zombie for seconds and looks alive. This process stands in for
PID 1. It reads one JSON line for each daemon to start, answers with its pid,
and on end of input ends every child it has left.

Run as a program: python3 -m bench.lab.reaper
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
END_PATIENCE_S = 10.0


def _become_subreaper() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def _children() -> list[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return [int(pid) for pid in text.split()]


def _start(request: dict[str, object], keep: list[subprocess.Popen[bytes]]) -> int:
    command, log, env = request["cmd"], request["log"], request["env"]
    assert isinstance(command, list)
    assert isinstance(log, str)
    assert isinstance(env, dict)
    with Path(log).open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **env},
        )
    keep.append(process)  # never waited for through Popen: _reap does it
    return process.pid


def _end_children() -> None:
    """Ends all children, also those that become ours when their parent ends."""
    start = time.monotonic()
    while children := _children():
        late = time.monotonic() - start > END_PATIENCE_S
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.05)
        _reap()


def main() -> None:
    """Serves until standard input ends, then leaves no child."""
    _become_subreaper()
    child_ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pending, keep = b"", list[subprocess.Popen[bytes]]()
    while True:
        ready, _, _ = select.select([0, child_ended], [], [])
        if child_ended in ready:
            os.read(child_ended, 65536)
        _reap()
        if 0 not in ready:
            continue
        data = os.read(0, 65536)
        if not data:
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            os.write(1, b"%d\n" % _start(json.loads(line), keep))
    _end_children()


if __name__ == "__main__":
    main()
