"""The processes beside QEMU that serve a guest's devices: swtpm, virtiofsd.

Each gets a listening socket that is there before it is, so nobody waits for it; each ends
by itself when QEMU hangs up, also while no agent is there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.files import make_directory
from virtbus_qemu.link.process import Process, RunAs, execute, listen

FOLDERS = ("/usr/libexec", "/usr/lib/qemu", "/usr/local/libexec", "/usr/lib", "/usr/bin")
"""Where programs live that nobody calls by hand, as well as those of PATH."""


def find_program(name: str, folders: Iterable[str] = FOLDERS) -> str:
    """The path of a companion's program. Raises HypervisorFailed when the host has none."""
    if os.path.isabs(name):
        return name
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise HypervisorFailed(
            f"{name} is not installed, and the guest has a device that it serves",
            cause=f"not in PATH, {', '.join(folders)}",
            operation="start",
        )
    return found


def start_companion(
    program: str,
    arguments: Sequence[str],
    socket_path: Path,
    uuid: UUID,
    *,
    log: Path,
    directories: Sequence[str] = (),
    run_as: RunAs | None = None,
    owner: RunAs | None = None,
) -> Process:
    """Start a companion that serves `socket_path`, to which the user `owner` may connect.

    Raises HypervisorFailed when it is not installed or cannot be executed.
    """
    path = find_program(program)
    for directory in directories:
        make_directory(Path(directory), 0o700, run_as)
    with listen(socket_path) as listener:
        _give(socket_path, owner)
        number = listener.fileno()
        command = [path, *(word.replace("{fd}", str(number)) for word in arguments)]
        return execute(command, uuid, log=log, pass_fds=(number,), run_as=run_as)


def _give(path: Path, owner: RunAs | None) -> None:
    if owner is not None:
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
