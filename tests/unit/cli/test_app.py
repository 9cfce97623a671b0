"""The command's shape: it covers the catalogue, its help teaches, its names do not collide."""

import re

import click
import pytest

from virtbus.operations import CATALOGUE
from virtbus_cli.app import SECTIONS, WRITTEN, cli, operations_of
from virtbus_cli.base import BusCommand, BusGroup
from virtbus_cli.failures import EXIT_CODES


def commands() -> dict[str, click.Command]:
    """All commands by the words they are called with."""
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {each}": command.commands[each] for each in command.commands}
    return found


def help_of(words: str) -> str:
    context = click.Context(cli, info_name="virtbus")
    command = commands()[words]
    return command.get_help(click.Context(command, parent=context, info_name=words))


def test_each_operation_has_one_command() -> None:
    covered = [
        operation
        for command in commands().values()
        if isinstance(command, BusCommand)
        for operation in command.operations
    ]
    assert sorted(covered) == sorted(CATALOGUE)


def test_no_written_command_hides_a_derived_one() -> None:
    found = commands()
    assert set(WRITTEN) <= set(found)
    written = [name for name in WRITTEN if not found[name].callback.__module__.endswith(f".{name}")]
    assert written == []


@pytest.mark.parametrize("words", sorted(commands()))
def test_a_command_has_a_place_and_distinct_options_and_help(words: str) -> None:
    command = commands()[words]
    if isinstance(command, BusGroup):
        assert command.section in SECTIONS
        return
    assert isinstance(command, BusCommand)
    if " " not in words:
        assert command.section in SECTIONS
    names = [each for option in command.params for each in option.opts + option.secondary_opts]
    assert len(names) == len(set(names)), names
    assert 8 < len(command.get_short_help_str(limit=100)) <= 100
    text = help_of(words)
    assert text.startswith("Usage: ") and "--help" in text


def test_examples_keep_their_lines() -> None:
    assert re.search(r"^ +virtbus list --active$", help_of("list"), re.MULTILINE)


def test_every_exit_status_stands_in_the_help() -> None:
    text = cli.get_help(click.Context(cli, info_name="virtbus"))
    for status in EXIT_CODES:
        assert re.search(rf"\b{status} \w", text), status


def test_operations_of_a_group_are_those_of_its_commands() -> None:
    group = commands()["host"]
    assert isinstance(group, BusGroup)
    assert "host.get_info" in operations_of(group)
