"""Settings: defaults, then the TOML file, then the environment, then the command line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from virtbus.directories import Directories

ENVIRONMENT = "VIRTBUS_BROKER_"


class ConfigError(Exception):
    """A setting is wrong; the text names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator can set; each name is also VIRTBUS_BROKER_NAME in the environment.

    `run_dir`: where the sockets are (default: see `virtbus.directories`). `group`: who may use
    the read-write socket (empty: the broker's own group). `tcp`: address of requests, as
    tcp://0.0.0.0:16580; updates are on the next port.
    `key_file`: the broker's own CURVE keys; `roles_file`: who else may connect, as what.
    """

    run_dir: str
    group: str = ""
    tcp: str = ""
    key_file: str
    roles_file: str
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"


def load(where: Directories, *, config: Path | None, arguments: dict[str, str]) -> Settings:
    """All settings; raises ConfigError naming the file or variable that is wrong."""
    home = where.config
    values: dict[str, object] = {
        "run_dir": str(where.run),
        "key_file": str(home / "broker.key"),
        "roles_file": str(home / "roles.toml"),
    }
    values |= _read(config or home / "broker.toml", must_exist=config is not None)
    for name in Settings.__struct_fields__:
        if f"{ENVIRONMENT}{name.upper()}" in os.environ:
            values[name] = os.environ[f"{ENVIRONMENT}{name.upper()}"]
    values |= arguments
    try:
        return msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"a setting is wrong: {error}") from error


def _read(path: Path, *, must_exist: bool) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise ConfigError(f"there is no {path}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
