"""What is known of a running guest, kept in the run directory for the agent's next start.

The folder is the agent's alone: guests run as another user and cannot write there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from virtbus_qemu.link.files import Loan


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A running guest. `pid` is 0 while it is being started; times are Unix time in ms."""

    uuid: UUID
    name: str
    pid: int = 0
    start_time_ticks: int = 0
    state: str = "paused"
    reason: str = "starting up"
    since_ms: int = 0
    vcpu_threads: tuple[int, ...] = ()
    reboot_asked: bool = False
    loans: tuple[Loan, ...] = ()


class GuestPaths(NamedTuple):
    """Where a guest's files are."""

    facts: Path
    document: Path
    monitor: Path
    directory: Path
    log: Path


def paths_of(uuid: UUID, name: str, run: Path, log: Path) -> GuestPaths:
    """The paths of a guest under the agent's run and log directories."""
    return GuestPaths(
        facts=run / "guests" / f"{uuid}.json",
        document=run / "guests" / f"{uuid}.xml",
        monitor=run / "guests" / f"{uuid}.qmp",
        directory=run / "sockets" / str(uuid),
        log=log / f"{name}.log",
    )


def write_facts(path: Path, facts: Facts) -> None:
    """Keep a guest's facts; after a death of the agent the old ones or the new ones are there."""
    _overwrite(path, msgspec.json.encode(facts))


def write_document(path: Path, xml: str) -> None:
    """Keep a guest's live document, which may hold secrets: for the owner alone."""
    _overwrite(path, xml.encode())


def read_facts(directory: Path) -> list[Facts]:
    """The facts of all guests; files that cannot be read as facts are left out."""
    found: list[Facts] = []
    for path in sorted(directory.glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Facts))
        except (msgspec.DecodeError, FileNotFoundError):
            continue  # cut off while it was written for the first time: nothing ran yet
    return found


def forget(paths: GuestPaths) -> None:
    """Remove a guest's files, once it is gone; its log stays."""
    for path in (paths.facts, paths.document, paths.monitor):
        path.unlink(missing_ok=True)
    if paths.directory.is_dir():
        for entry in paths.directory.iterdir():
            entry.unlink(missing_ok=True)
        paths.directory.rmdir()


def _overwrite(path: Path, data: bytes) -> None:
    """Write a small file in place, by one call, which the death of the agent does not cut in two.

    A rename would be cut-proof as well, but makes some file systems write to disk at once, which
    costs milliseconds. What is longer now than the new text is blanked.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        old_bytes = os.fstat(descriptor).st_size
        os.pwrite(descriptor, data.ljust(old_bytes), 0)
    finally:
        os.close(descriptor)
