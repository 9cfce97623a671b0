"""Files a guest's user may open: lent to it at the start, given back at the end.

A guest runs as an unprivileged user, its images usually belong to somebody else. As libvirt's
dynamic ownership does, a file becomes the guest's while it runs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.process import RunAs

CHARACTER_DEVICES = ("/dev/bus/usb/", "/dev/sg")
"""Those that a guest is given as they are."""


class Loan(msgspec.Struct, frozen=True):
    """A file that was given to the guest's user, and whose it was."""

    path: str
    uid: int
    gid: int


def lend(files: Mapping[str, bool], run_as: RunAs) -> tuple[Loan, ...]:
    """Make files, named with whether they are written to, the guest's own.

    Left alone are those that are its own already, those only read that everybody may read, and
    what is neither a file nor a block device, nor one of `CHARACTER_DEVICES`.

    Raises HypervisorFailed if a file is missing or cannot be given; then none is.
    """
    loans: list[Loan] = []
    for path, written in files.items():
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                loan = _lend(path, descriptor, run_as, written=written)
            finally:
                os.close(descriptor)
        except OSError as error:
            give_back(loans)
            raise HypervisorFailed(
                f"{path} cannot be opened; check that it exists", cause=str(error), operation="open"
            ) from error
        if loan is not None:
            loans.append(loan)
    return tuple(loans)


def _lend(path: str, descriptor: int, run_as: RunAs, *, written: bool) -> Loan | None:
    found = os.fstat(descriptor)
    device = stat.S_ISBLK(found.st_mode) or path.startswith(CHARACTER_DEVICES)
    if not (stat.S_ISREG(found.st_mode) or device):
        return None
    if (found.st_uid, found.st_gid) == (run_as.uid, run_as.gid):
        return None
    if not written and found.st_mode & stat.S_IROTH:
        return None
    os.fchown(descriptor, run_as.uid, run_as.gid)
    return Loan(path, found.st_uid, found.st_gid)


def give_back(loans: Iterable[Loan]) -> list[str]:
    """Restore the owners; answers what could not be restored, in words."""
    failures: list[str] = []
    for loan in loans:
        try:
            os.chown(loan.path, loan.uid, loan.gid)
        except OSError as error:
            failures.append(f"{loan.path}: {error.strerror}")
    return failures


def make_directory(path: Path, mode: int | None = None, run_as: RunAs | None = None) -> None:
    """A directory with that mode and owner, if they are given; parents as the system makes them."""
    path.mkdir(parents=True, exist_ok=True)
    if mode is not None:
        path.chmod(mode)
    if run_as is not None:
        os.chown(path, run_as.uid, run_as.gid)


def write_private(path: Path, data: bytes, run_as: RunAs | None) -> None:
    """A new file that only its user can read."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        if run_as is not None:
            os.fchown(file.fileno(), run_as.uid, run_as.gid)
