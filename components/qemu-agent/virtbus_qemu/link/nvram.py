"""The file of a guest's firmware variables: made from its template before the first start."""

from __future__ import annotations

import os
from pathlib import Path

from virtbus.errors import HypervisorFailed

MAX_BYTES = 64 * 1024 * 1024
"""More than any flash chip of a guest has."""


def make_variables(path: str, template: str) -> bool:
    """Copy the template to `path`, for its owner alone, if nothing is there; whether it did.

    A copy that is cut short leaves nothing. Raises HypervisorFailed.
    """
    if os.path.lexists(path):
        return False
    unfinished = Path(f"{path}.new")
    try:
        data = _read(template)
        unfinished.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(unfinished, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        unfinished.rename(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise HypervisorFailed(
            f"the firmware's variables {path} cannot be made of {template}",
            cause=str(error),
            operation="start",
        ) from error
    return True


def _read(template: str) -> bytes:
    with open(template, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(f"{template} is larger than {MAX_BYTES} bytes")
    return data
