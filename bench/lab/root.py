"""The directory the labs live in, and what of Python's own is kept there."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from bench.lab.processes import BenchError

DEFAULT_CACHE = "/var/tmp"  # noqa: S108  # short enough for sockets' paths; checked by take_root


def lab_root() -> Path:
    """Where the labs live: below $XDG_CACHE_HOME when set, else /var/tmp."""
    return Path(os.environ.get("XDG_CACHE_HOME") or DEFAULT_CACHE) / "virtbus-bench"


def compiled() -> dict[str, str]:
    """Environment in which Python keeps compiled modules, whatever the caller's says.

    Installed packages are compiled when they are installed; measured from a
    source tree, each start would otherwise compile anew.
    """
    folder = str(lab_root() / "compiled")
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


def take_root(root: Path) -> int:
    """Makes the labs' directory if need be and locks it; the lock's file descriptor.

    Raises BenchError when it belongs to somebody else or another benchmark runs in it.
    """
    root.mkdir(mode=0o711, parents=True, exist_ok=True)
    status = root.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise BenchError(f"{root} belongs to somebody else: set XDG_CACHE_HOME to a place of yours")
    lock_fd = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock_fd)
        raise BenchError(
            f"another benchmark runs in {root}; two would disturb each other"
        ) from error
    return lock_fd
