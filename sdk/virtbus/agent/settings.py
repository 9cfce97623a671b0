"""Settings: documented defaults, a TOML file over them, the environment over both.

File: CONFIG_DIR/NAME-agent.toml. Environment: VIRTBUS_NAME_FIELD. Directories: for root
/etc/virtbus, /var/lib/virtbus, /run/virtbus, /var/cache/virtbus and /var/log/virtbus, for users
the XDG base directories; each can be set by VIRTBUS_CONFIG_DIR, _STATE_DIR, _RUN_DIR, _CACHE_DIR,
_LOG_DIR.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from ..errors import InvalidArgument

SettingsT = TypeVar("SettingsT", bound="AgentSettings")


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that every agent has.

    `stats_interval_s` is how often statistics are published (0: never); `events_kept` is how many
    events the journal keeps; `log_format` is "console" for people or "json" for machines.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    stats_interval_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    events_kept: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 10_000


class Directories(msgspec.Struct, frozen=True, kw_only=True):
    """Where an agent keeps things."""

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


def load_settings(
    kind: type[SettingsT], name: str, file: Path, environment: Mapping[str, str]
) -> SettingsT:
    """Defaults, then `file` if it is there, then the environment.

    Raises InvalidArgument naming what is wrong and where.
    """
    values: dict[str, object] = {}
    try:
        values.update(tomllib.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidArgument(
            f"cannot read {file}: {error}", field=str(file), reason=str(error)
        ) from error
    prefix = f"VIRTBUS_{name.upper()}_"
    for field in kind.__struct_fields__:
        if (text := environment.get(prefix + field.upper())) is not None:
            values[field] = text
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidArgument(
            f"settings of the {name}-agent ({file} and {prefix}*): {error}",
            field=str(file),
            reason=str(error),
        ) from error
