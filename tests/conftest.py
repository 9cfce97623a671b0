"""What the whole suite needs: a reaper above it, a private temporary directory, and its peers.

When a test kills an agent, the guests that the agent had started lose their parent. So that their
end is seen at once, and not when some distant init looks, the suite runs under a reaper: the
process that pytest was started as becomes the sub-reaper of everything below and does nothing but
wait, and pytest goes on in its child. Exit statuses of pytest's own children stay pytest's own.

At the end nothing that the suite started may be left over: no process, and no file in the
temporary directory.
"""

import ctypes
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# A loaded machine is no failure: what bounds a test is its timeout, not hypothesis's stopwatch.
settings.register_profile("virtbus", deadline=None)
settings.load_profile("virtbus")


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _go_on_under_a_reaper() -> None:
    """Fork; the parent reaps whatever is orphaned until the child, which is pytest, has ended."""
    sys.stdout.flush()
    sys.stderr.flush()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for forwarded in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(forwarded, lambda number, _: os.kill(child, number))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) % 256)


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    _go_on_under_a_reaper()
    config.pluginmanager.register(Leftovers(), "virtbus-leftovers")


class Leftovers:
    """Fails the session when it left a process or a temporary file, and names the test."""

    def __init__(self) -> None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        self.directory = Path(tempfile.mkdtemp(prefix="virtbus-"))
        self.directory.chmod(0o711)  # users that a test starts guests as pass through
        os.environ["TMPDIR"] = str(self.directory)
        tempfile.tempdir = None
        self.seen: dict[str, str] = {}

    def found(self) -> dict[str, str]:
        """What is there now: a key that stays the same, and words for people."""
        files = {str(path): f"file {path}" for path in self.directory.iterdir()}
        return files | {
            f"pid {pid}": f"process {pid}: {_command_line(pid)}" for pid in _own_processes()
        }

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        for key in self.found():
            self.seen.setdefault(key, item.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        left = self.found()
        shutil.rmtree(self.directory)
        if not left:
            return
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for key, words in left.items():
            if reporter is not None:
                reporter.write_line(
                    f"left over: {words} (since {self.seen.get(key, 'start')})", red=True
                )
        for pid in _own_processes():
            os.kill(pid, signal.SIGKILL)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _own_processes() -> list[int]:
    """The live children of this process, and those that the reaper has inherited."""
    return [
        pid
        for parent in (os.getpid(), os.getppid())
        for pid in _children(parent)
        if pid != os.getpid() and _is_live(pid)
    ]


def _children(pid: int) -> list[int]:
    """What the threads of a process have started or inherited."""
    return [
        int(word)
        for children in Path(f"/proc/{pid}/task").glob("*/children")
        for word in children.read_text().split()
    ]


def _is_live(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def _command_line(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except (FileNotFoundError, ProcessLookupError):
        return "(gone)"


@pytest.fixture(scope="session")
def require_peer() -> Callable[..., None]:
    """A function that ends the test where a peer is missing: skipped, or failed where CI=true.

    `require_peer("qemu-system-x86_64", "install qemu-system-x86")` looks for that command;
    `require_peer("network namespaces", "be root", present=os.geteuid() == 0)` takes your word.
    """

    def require(name: str, reason: str, *, present: bool | None = None) -> None:
        there = shutil.which(name) is not None if present is None else present
        if not there:
            end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            end(f"no {name} here: {reason}")

    return require
