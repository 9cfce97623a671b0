"""The fields of a request as arguments and options of a command, by their types."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import click
import msgspec

from virtbus.operations import Operation

from .base import DOMAIN

DOCUMENT = "xml"


class Field(NamedTuple):
    """A request's field: its parameter of the command, and how its value becomes the request's."""

    name: str
    parameter: click.Parameter
    convert: Callable[[Any], Any]


def fields_of(operation: Operation) -> list[Field]:
    """The fields of an operation's request but its target; arguments come in order.

    What must be given is an argument, the rest are options. Raises TypeError for a type that no
    command line can hold; such an operation needs a command written for it.
    """
    hints = typing.get_type_hints(operation.request, include_extras=True)
    return [
        _field(info.encode_name, hints[info.name], info)
        for info in msgspec.structs.fields(operation.request)
        if info.name != operation.target
    ]


def target_argument(operation: Operation) -> click.Argument:
    """The argument that names the object an operation is asked of."""
    kind = DOMAIN if operation.target == "domain" else click.STRING
    return click.Argument([operation.target], type=kind, metavar=operation.target.upper())


def _field(name: str, hint: Any, info: msgspec.structs.FieldInfo) -> Field:
    bare, bounds, optional = _unwrap(hint)
    if name == DOCUMENT and bare is str:
        parameter = click.Argument([name], type=click.File("rb"), metavar="FILE")
        return Field(name, parameter, lambda file: file.read().decode())
    if info.required and not optional and bare is not bool:
        return _argument(name, bare, bounds)
    if bare is bool:
        return Field(name, _switch(name, info, optional), _same)
    kind, convert, many = _type(name, bare, bounds)
    option = click.Option(
        [f"--{name.replace('_', '-')}", name],
        type=kind,
        multiple=many,
        default=() if many else None if info.required else _default(info),
        show_default=not many and not info.required and info.default is not None,
        metavar=_unit(name),
    )
    return Field(name, option, convert)


def _argument(name: str, bare: Any, bounds: msgspec.Meta | None) -> Field:
    kind, convert, many = _type(name, bare, bounds)
    metavar = name.upper().removesuffix("S") if many else None
    argument = click.Argument([name], type=kind, nargs=-1 if many else 1, metavar=metavar)
    if many:
        argument.required = True
        argument.metavar = f"{metavar}..."
    return Field(name, argument, convert)


def _switch(name: str, info: msgspec.structs.FieldInfo, optional: bool) -> click.Option:
    word = name.replace("_", "-")
    if info.required or optional or info.default is True:
        return click.Option(
            [f"--{word}/--no-{word}", name], default=_default(info), required=info.required
        )
    return click.Option([f"--{word}", name], is_flag=True, default=False)


def _type(
    name: str, bare: Any, bounds: msgspec.Meta | None
) -> tuple[Any, Callable[[Any], Any], bool]:
    """The click type, the conversion of its value, and whether it may be given many times."""
    if typing.get_origin(bare) is tuple:
        item, item_bounds, _ = _unwrap(typing.get_args(bare)[0])
        kind, convert, _ = _type(name, item, item_bounds)
        return kind, lambda values: tuple(convert(value) for value in values), True
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return click.Choice([str(item.value) for item in bare]), _unless_none(bare), False
    if bare in (int, float):
        low, high = (bounds.ge, bounds.le) if bounds else (None, None)
        if bare is float:
            return click.FloatRange(low, high), _same, False
        return click.IntRange(_whole(low), _whole(high)), _same, False
    if bare is UUID:
        return click.UUID, _same, False
    if bare is str:
        return click.STRING, _same, False
    raise TypeError(f"field {name}: no option for {bare!r}")


def _unwrap(hint: Any) -> tuple[Any, msgspec.Meta | None, bool]:
    """A type without `Annotated` and `| None`; its bounds, and whether it may be None."""
    bounds: msgspec.Meta | None = None
    optional = False
    while True:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            hint, *extras = typing.get_args(hint)
            bounds = next((each for each in extras if isinstance(each, msgspec.Meta)), bounds)
        elif origin in (types.UnionType, typing.Union):
            kept = [each for each in typing.get_args(hint) if each is not type(None)]
            optional = optional or len(kept) < len(typing.get_args(hint))
            if len(kept) != 1:
                return hint, bounds, optional
            hint = kept[0]
        else:
            return hint, bounds, optional


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.required:
        return None
    default = info.default if info.default is not msgspec.NODEFAULT else info.default_factory()
    return default.value if isinstance(default, enum.Enum) else default


def _unit(name: str) -> str | None:
    """The unit that a field's name ends with, to stand for its value in the help."""
    ends = {"ms": "MS", "s": "SECONDS", "ns": "NS", "kib": "KIB", "mib": "MIB", "bytes": "BYTES"}
    return ends.get(name.rpartition("_")[2])


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _same(value: Any) -> Any:
    return value


def _unless_none(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else kind(value)
