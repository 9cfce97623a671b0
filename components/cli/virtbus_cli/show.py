"""Answers on standard output: tables and words for people, JSON for machines."""

from __future__ import annotations

import enum
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_COLUMNS = 1000
MOMENTS = {"since_ms", "started_ms", "unresponsive_since_ms", "time_ms"}


def plain(value: Any) -> Any:
    """A reply in JSON's types, with all its fields, those at their defaults too."""
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        tag = {config.tag_field: config.tag} if config.tag_field else {}
        return tag | {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """A reply as JSON; on one line with `indent` None."""
    print(json.dumps(plain(value), indent=indent, ensure_ascii=False), flush=True)


def readable(text: str) -> str:
    """Text from strangers without what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def console() -> Console:
    """Standard output, as wide as the terminal, or without a bound in a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return Console(width=width, highlight=False, emoji=False, markup=False)


def make_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table without lines; columns of numbers stand to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    kept = [[readable(each) if isinstance(each, str) else each for each in row] for row in rows]
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for number, name in enumerate(columns):
        cells = [row[number] for row in kept if row[number] is not None]
        right = bool(cells) and all(isinstance(cell, int | float) for cell in cells)
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in kept:
        table.add_row(*(Text(_cell(each), style=_style(each)) for each in row))
    return table


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """`make_table`, printed; without the blanks at the ends of lines in a pipe."""
    table = make_table(columns, rows)
    out = console()
    if sys.stdout.isatty():
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_reply(value: Any) -> None:
    """A reply in the form that suits its type: a document as it is, lists as tables."""
    fields = _fields(value) if isinstance(value, msgspec.Struct) else {}
    if value is None:
        return
    if list(fields) == ["xml"]:
        print(value.xml, end="" if value.xml.endswith("\n") else "\n")
    elif fields:
        print_fields(value)
    else:
        print(readable(_words("", value)))


def print_fields(value: Any) -> None:
    """One reply as a name and a value a line; lists of objects as tables below."""
    fields = _fields(value)
    tables = {name: item for name, item in fields.items() if _is_list_of_structs(item)}
    width = max((len(_title(name)) for name in fields), default=0) + 1
    for name, item in fields.items():
        if name not in tables:
            print(f"{_title(name) + ':':{width}}  {readable(_words(name, item))}")
    for name, items in tables.items():
        print(f"\n{_title(name)}:")
        columns = list(items[0].__struct_fields__)
        rows = [[_plain_cell(field, getattr(item, field)) for field in columns] for item in items]
        print_table([_title(field) for field in columns], rows)


def moment(unix_ms: int) -> str:
    """A time of day here, with its date unless that is today's."""
    if not unix_ms:
        return "-"
    when = datetime.fromtimestamp(unix_ms / 1000, UTC).astimezone()
    today = when.date() == datetime.now(UTC).astimezone().date()
    return when.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")


def ago(unix_ms: int) -> str:
    """How long ago, in the two largest units."""
    seconds = max(0, int(time.time() - unix_ms / 1000))
    return span(seconds)


def span(seconds: float) -> str:
    """A duration in its two largest units."""
    left = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def kib(value_kib: int) -> str:
    """An amount of memory in the largest binary unit that keeps it whole or to one decimal."""
    value, unit = float(value_kib), "KiB"
    for larger in ("MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value == int(value) else f"{value:.1f} {unit}"


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return dict(value)


def _is_list_of_structs(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], msgspec.Struct)


def _title(name: str) -> str:
    """A field's name for people; a unit that its value is printed with is left out."""
    words = name.split("_")
    if name in MOMENTS or words[-1] in UNITS:
        words = words[:-1]
    return " ".join(words)


def _words(name: str, value: Any) -> str:
    if name in MOMENTS:
        return moment(value)
    unit = name.rpartition("_")[2]
    if unit in UNITS and isinstance(value, int):
        return UNITS[unit](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)


UNITS: dict[str, Callable[[int], str]] = {
    "kib": kib,
    "bytes": lambda value: kib(value // 1024) if value >= 1024 else f"{value} B",
    "ns": lambda value: f"{value / 1e9:.3f} s",
}


def _plain_cell(name: str, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    has_unit = name.rpartition("_")[2] in UNITS
    return value if is_number and not has_unit else _words(name, value)


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)


def _style(value: Any) -> str:
    return {
        "running": "green", "present": "green", "paused": "yellow", "crashed": "red",
        "absent": "red", "unresponsive": "red", "shutoff": "dim",
    }.get(str(value), "")  # fmt: skip
