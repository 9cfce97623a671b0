"""Where a bus has its files, and the environment that tells its processes so."""

from __future__ import annotations

import os
from pathlib import Path

from virtbus.directories import Directories, own_directories
from virtbus.errors import InvalidArgument


def make_places(private: Path | None) -> Directories:
    """The directories of a bus, made where missing: below `private`, else the user's own.

    Raises InvalidArgument if one cannot be made or written to.
    """
    where = own_directories() if private is None else _below(private.absolute())
    for path in (where.config, where.state, where.run, where.cache, where.log):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise _unusable(path, "not writable")
    return where


def _unusable(path: Path, reason: str) -> InvalidArgument:
    return InvalidArgument(
        f"cannot use {path}: {reason}; choose a directory with --dir", field="dir", reason=reason
    )


def environment_of(where: Directories) -> dict[str, str]:
    """What tells broker and agents where their files are."""
    places = {
        f"VIRTBUS_{name.upper()}_DIR": str(getattr(where, name)) for name in where.__struct_fields__
    }
    return {**os.environ, **places}


def _below(private: Path) -> Directories:
    return Directories(
        **{name: private / name for name in ("config", "state", "run", "cache", "log")}
    )
