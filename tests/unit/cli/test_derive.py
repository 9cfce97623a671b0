"""An operation that is only declared gets its command: arguments, options, help."""

import enum
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import click
import msgspec
import pytest
from click.testing import CliRunner

from virtbus.operations import BY_REQUEST, CATALOGUE, Effect, Request
from virtbus.operations.declare import operation
from virtbus_cli.derive import command_name, derive_command
from virtbus_cli.fields import Field, fields_of


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Paint(Request[None]):
    """Paint a domain. On return it is painted."""

    domain: UUID
    colour: Colour
    layers: Annotated[int, msgspec.Meta(ge=1, le=9)] = 2
    names: tuple[Annotated[str, msgspec.Meta(min_length=1)], ...] = ()
    glossy: bool | None = None
    dry: bool = False
    drying_time_ms: float = 0.5
    note: str | None = None


class Odd(Request[None]):
    """Has a field that no command line can hold."""

    table: dict[str, int]


@pytest.fixture
def declared() -> Iterator[None]:
    """Two operations that the catalogue has for the time of a test."""
    operation("domain.paint_it", effect=Effect.CHANGE, deadline_s=7.0, since="0.1")(Paint)
    operation("domain.odd", effect=Effect.READ, deadline_s=1.0, since="0.1")(Odd)
    yield
    for request, name in ((Paint, "domain.paint_it"), (Odd, "domain.odd")):
        del CATALOGUE[name], BY_REQUEST[request]


def parse(fields: list[Field], arguments: list[str]) -> tuple[int, dict[str, Any], str]:
    """What the fields of a request are after parsing a command line."""
    seen: dict[str, Any] = {}

    @click.command(params=[field.parameter for field in fields])
    def probe(**given: Any) -> None:
        seen.update({field.name: field.convert(given[field.name]) for field in fields})

    result = CliRunner().invoke(probe, arguments)
    return result.exit_code, seen, result.output


@pytest.mark.usefixtures("declared")
def test_defaults_of_the_request_are_those_of_the_command() -> None:
    status, values, _ = parse(fields_of(CATALOGUE["domain.paint_it"]), ["red"])
    assert status == 0
    some = UUID(int=1)
    assert Paint(domain=some, **values) == Paint(domain=some, colour=Colour.RED)


@pytest.mark.usefixtures("declared")
def test_every_field_can_be_given() -> None:
    words = "blue --layers 3 --names a --names b --no-glossy --dry --drying-time-ms 1.5 --note x"
    status, values, output = parse(fields_of(CATALOGUE["domain.paint_it"]), words.split())
    assert status == 0, output
    assert values == {
        "colour": Colour.BLUE, "layers": 3, "names": ("a", "b"), "glossy": False, "dry": True,
        "drying_time_ms": 1.5, "note": "x",
    }  # fmt: skip


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    "words", ["", "green", "red --layers 0", "red --layers ten", "red --shiny", "red blue"]
)
def test_what_the_types_forbid_is_refused_before_anything_is_sent(words: str) -> None:
    status, values, _ = parse(fields_of(CATALOGUE["domain.paint_it"]), words.split())
    assert status == 2
    assert values == {}


@pytest.mark.usefixtures("declared")
def test_name_help_and_cover_follow_from_the_declaration() -> None:
    command = derive_command(CATALOGUE["domain.paint_it"])
    assert command.name == "paint-it"
    assert command.operations == ("domain.paint_it",)
    assert command.section == "Change"
    text = command.get_help(click.Context(command, info_name="paint-it"))
    assert "Paint a domain. On return it is painted." in text
    assert "at most 7 s" in text
    assert "--drying-time-ms MS" in text


@pytest.mark.usefixtures("declared")
def test_a_field_without_a_form_on_the_command_line_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="field table"):
        derive_command(CATALOGUE["domain.odd"])


@pytest.mark.parametrize(
    "operation_name, name",
    [("domain.send_key", "send-key"), ("domain.get_state", "state"), ("host.get_info", "info")],
)
def test_names(operation_name: str, name: str) -> None:
    assert command_name(CATALOGUE[operation_name]) == name
