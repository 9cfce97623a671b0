"""Settings: documented defaults, a TOML file over them, the environment over both.

File: CONFIG_DIR/NAME-agent.toml (see `virtbus.directories`). Environment: VIRTBUS_NAME_FIELD.
"""

from __future__ import annotations

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
    events of each kind the journal keeps; `log_format` is "console" for people or "json" for
    machines.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    stats_interval_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    events_kept: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 10_000


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
