"""The run directory: one live broker holds it, and its socket files have the right owners."""

from __future__ import annotations

import fcntl
import grp
import os
from pathlib import Path

LOCK = "broker.lock"
MAX_SOCKET_PATH_BYTES = 107


class RunDirError(Exception):
    """The run directory cannot be used; the text says why and what to do."""


class RunDir:
    """Held from `open` to `close` by a lock on a file in it, which ends with the process."""

    def __init__(self, path: Path, group: str) -> None:
        self.path = path
        self._group = group
        self._lock_fd = -1

    def open(self) -> None:
        """Make the directory and take it; raises RunDirError if a live broker has it."""
        longest = self.path / "requests-ro"
        if len(os.fsencode(longest)) > MAX_SOCKET_PATH_BYTES:
            raise RunDirError(
                f"{longest} is too long for a UNIX socket ({MAX_SOCKET_PATH_BYTES} bytes); "
                "choose a shorter --run-dir"
            )
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(0o755)
            self._lock_fd = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RunDirError(f"cannot use {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunDirError(
                f"a broker (pid {self._holder()}) is already running in {self.path}; "
                "stop it first, or choose another --run-dir"
            ) from error
        os.umask(0o077)  # a socket is nobody's until `admit` has set its mode
        os.ftruncate(self._lock_fd, 0)
        os.pwrite(self._lock_fd, f"{os.getpid()}\n".encode(), 0)

    def endpoint(self, name: str) -> str:
        """The address of a socket in the directory; what an earlier broker left is removed."""
        path = self.path / name
        path.unlink(missing_ok=True)
        return f"ipc://{path}"

    def admit(self, name: str, mode: int) -> None:
        """Set who may connect to a bound socket; 0660 is for the group. Raises RunDirError."""
        path = self.path / name
        try:
            if self._group and mode == 0o660:
                os.chown(path, -1, grp.getgrnam(self._group).gr_gid)
            path.chmod(mode)
        except KeyError as error:
            raise RunDirError(
                f"there is no group {self._group!r}; make it with groupadd"
            ) from error
        except OSError as error:
            raise RunDirError(f"cannot give {path} to its users: {error.strerror}") from error

    def close(self, names: tuple[str, ...]) -> None:
        """Remove the socket files and let go of the directory."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)
        os.close(self._lock_fd)

    def _holder(self) -> str:
        return os.pread(self._lock_fd, 20, 0).decode(errors="replace").strip() or "unknown"
