"""What a document says in QEMU's own words: arguments, variables, properties of devices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.native import Property

from ..words import invalid, json_option

_DEPRECATED = {
    "omit": {"deprecated-output": "hide"},
    "reject": {"deprecated-output": "hide", "deprecated-input": "reject"},
    "crash": {"deprecated-output": "hide", "deprecated-input": "crash"},
}


def deprecation_options(domain: Domain) -> Iterator[str]:
    """What QEMU does with what it is about to drop."""
    behavior = domain.qemu_deprecation.behavior if domain.qemu_deprecation else "none"
    if behavior in _DEPRECATED:
        yield from ("-compat", json_option(_DEPRECATED[behavior]))


def own_arguments(domain: Domain) -> Iterator[str]:
    """The arguments of <qemu:commandline>, as they stand."""
    if domain.qemu_commandline is not None:
        yield from (argument.value for argument in domain.qemu_commandline.arg)


def own_environment(domain: Domain) -> dict[str, str]:
    """The variables of <qemu:commandline>."""
    line = domain.qemu_commandline
    return {each.name: each.value or "" for each in line.env} if line is not None else {}


def overridden(domain: Domain, argv: Iterable[str]) -> list[str]:
    """`argv` with the properties of <qemu:override> in its devices.

    Raises InvalidDocument for a device that is not there.
    """
    override = domain.qemu_override
    changes = {each.alias: each.frontend for each in override.device} if override else {}
    words = list(argv)
    if not changes:
        return words
    for position in range(1, len(words)):
        if words[position - 1] != "-device" or not words[position].startswith("{"):
            continue
        properties: dict[str, Any] = json.loads(words[position])
        frontend = changes.pop(properties.get("id", ""), None)
        if frontend is not None:
            for change in frontend.property:
                _change(properties, change)
            words[position] = json_option(properties)
    for alias in changes:
        raise invalid("qemu:override", f"there is no device '{alias}'")
    return words


def _change(properties: dict[str, Any], change: Property) -> None:
    text = change.value or ""
    match change.type:
        case "remove":
            properties.pop(change.name, None)
        case "string":
            properties[change.name] = text
        case "bool":
            properties[change.name] = text == "true"
        case "signed" | "unsigned":
            properties[change.name] = int(text)
