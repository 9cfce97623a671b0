"""The processes beside a guest that serve its devices: its TPM, its file systems."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from virtbus_qemu.link import Process, RunAs
from virtbus_qemu.link.companions import start_companion
from virtbus_qemu.translate.runtime import Companion


def start_servers(
    wanted: Iterable[Companion], uuid: UUID, log: Path, run_as: RunAs | None, undo: ExitStack
) -> tuple[Process, ...]:
    """Start them; `undo` ends them, and QEMU's end does. Each has a log beside the guest's.

    Raises HypervisorFailed when one is not installed.
    """
    started: list[Process] = []
    for companion in wanted:
        process = start_companion(
            companion.program,
            companion.arguments,
            Path(companion.socket),
            uuid,
            log=log.with_name(f"{log.stem}.{companion.alias}.log"),
            directories=companion.directories,
            run_as=None if companion.as_root else run_as,
            owner=run_as,
        )
        undo.callback(process.send_signal, signal.SIGKILL)
        started.append(process)
    return tuple(started)
