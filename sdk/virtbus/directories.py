"""Where the parts of virtbus keep things, and find each other.

For root /etc/virtbus, /var/lib/virtbus, /run/virtbus, /var/cache/virtbus and /var/log/virtbus; for
users the XDG base directories. Each is set otherwise by VIRTBUS_CONFIG_DIR, _STATE_DIR, _RUN_DIR,
_CACHE_DIR and _LOG_DIR. Source: XDG Base Directory Specification.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Directories(msgspec.Struct, frozen=True, kw_only=True):
    """The directories of one process."""

    config: Path
    state: Path
    run: Path
    cache: Path
    log: Path


def directories(environment: Mapping[str, str], uid: int) -> Directories:
    """The directories for a user, with what the environment says otherwise."""
    if uid == 0:
        base = {
            "config": Path("/etc/virtbus"),
            "state": Path("/var/lib/virtbus"),
            "run": Path("/run/virtbus"),
            "cache": Path("/var/cache/virtbus"),
            "log": Path("/var/log/virtbus"),
        }
    else:
        home = Path(environment.get("HOME", "/nonexistent"))
        state = Path(environment.get("XDG_STATE_HOME") or home / ".local/state")
        run = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}")
        base = {
            "config": Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "virtbus",
            "state": state / "virtbus",
            "run": run / "virtbus",
            "cache": Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "virtbus",
            "log": state / "virtbus" / "log",
        }
    chosen = {
        key: Path(environment.get(f"VIRTBUS_{key.upper()}_DIR") or path)
        for key, path in base.items()
    }
    return Directories(**chosen)


def own_directories() -> Directories:
    """The directories of this process."""
    return directories(os.environ, os.geteuid())
