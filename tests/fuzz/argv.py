"""Our own command line read back by QEMU's rules: no value has become an option or a property."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from virtbus_qemu.translate import CommandLine

from .values import CANARY

ALONE = {
    "-S", "-no-user-config", "-nodefaults", "-no-shutdown", "-no-reboot", "-no-acpi", "-no-hpet",
    "-nographic", "-full-screen", "-mem-prealloc", "-daemonize", "-snapshot",
}  # fmt: skip
WHOLE = {
    "-append", "-kernel", "-initrd", "-dtb", "-uuid", "-mem-path", "-bios", "-display",
    "-incoming", "-pidfile", "-k", "-serial", "-shim",
}  # fmt: skip
"""Their value is one text, whatever stands in it."""
KEYED = {
    "-accel", "-acpitable", "-add-fd", "-audiodev", "-blockdev", "-boot", "-chardev", "-compat",
    "-device", "-drive", "-fsdev", "-fw_cfg", "-global", "-iscsi", "-m", "-machine", "-mon",
    "-msg", "-name", "-netdev", "-numa", "-object", "-overcommit", "-rtc", "-sandbox", "-set",
    "-smbios", "-smp", "-spice", "-tpmdev", "-vnc", "-action", "-watchdog-action",
    "-run-with",
}  # fmt: skip
REPEATED = {
    "hostfwd", "guestfwd", "dnssearch", "tls-channel", "plaintext-channel", "value", "path",
}  # fmt: skip
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(\[[0-9]+\])?", re.ASCII)


class Smuggled(AssertionError):
    """A value of the document is more than a value."""


def examine(line: CommandLine, directory: str, passed_through: tuple[str, ...] = ()) -> None:
    """Raise Smuggled when the command line holds more than we wrote.

    `directory` is the guest's own, which no path may climb out of; `passed_through` are the
    arguments that the document asks for by intent, which stand together.
    """
    argv = line.argv[1:]
    words = iter(_without(argv, passed_through))
    for word in words:
        if word in ALONE:
            continue
        if word not in WHOLE and word != "-cpu" and word not in KEYED:
            raise Smuggled(f"{word!r} is no option that we know")
        value = next(words)
        if "\0" in value:
            raise Smuggled(f"NUL in {word} {value!r}")
        if word == "-cpu":
            _unique(word, value, [part.partition("=")[0] for part in value.split(",")])
        elif word in KEYED:
            _option(word, value, directory)
    for command in line.setup:
        if command.name == "human-monitor-command":
            raise Smuggled("the human monitor's commands are text")
        _within(json.loads(json.dumps(command.arguments)), command.name, directory)


def _without(argv: tuple[str, ...], passed_through: tuple[str, ...]) -> tuple[str, ...]:
    many = len(passed_through)
    for start in range(len(argv) - many, -1, -1):
        if argv[start : start + many] == passed_through:
            return argv[:start] + argv[start + many :]
    raise Smuggled(f"{passed_through} are not together in {argv}")


def _option(word: str, value: str, directory: str) -> None:
    if value.startswith("{"):
        pairs = json.loads(value, object_pairs_hook=lambda pairs: _object(word, value, pairs))
        _within(pairs, word, directory)
        return
    parts = list(split(value))
    _unique(word, value, [key for key, _ in parts])
    for key, text in parts:
        if key and not _KEY.fullmatch(key):
            raise Smuggled(f"{word} {value!r}: {key!r} is no property")
        _inside(text, word, directory)


def split(value: str) -> Iterator[tuple[str, str]]:
    """The keys and values of a comma-separated option, as QEMU's QemuOpts takes it apart.

    The first may be a value alone (key ""); any other alone is a switch.
    """
    first = True
    while value:
        key = re.split("[=,]", value, maxsplit=1)[0]
        if value[len(key) : len(key) + 1] == "=":
            text, value = _until_comma(value[len(key) + 1 :])
            yield key, text
        elif first:
            text, value = _until_comma(value)
            yield "", text
        else:
            value = value[len(key) + 1 :]
            yield key, "on"
        first = False


def _until_comma(text: str) -> tuple[str, str]:
    """What stands before the first comma that is alone, and what after it."""
    found = re.match("(?:[^,]|,,)*", text, re.DOTALL)
    assert found is not None  # it matches everything
    return found[0].replace(",,", ","), text[found.end() + 1 :]


def _object(word: str, value: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _unique(word, value, [key for key, _ in pairs])
    return dict(pairs)


def _unique(word: str, value: str, keys: list[str]) -> None:
    if any(CANARY in key for key in keys):
        raise Smuggled(f"{word} {value[:400]!r}: a value has become a property")
    again = {key for key in keys if keys.count(key) > 1} - REPEATED
    if again:
        raise Smuggled(f"{word} {value[:400]!r}: says {again} twice")


def _within(value: Any, word: str, directory: str) -> None:
    """Look at the texts in a value of JSON."""
    match value:
        case dict():
            for key, item in value.items():
                if CANARY in key:
                    raise Smuggled(f"{word}: a value has become the property {key!r}")
                _within(item, word, directory)
        case list():
            for item in value:
                _within(item, word, directory)
        case str():
            if "\0" in value:
                raise Smuggled(f"NUL in {word} {value!r}")
            _inside(value, word, directory)


def _inside(text: str, word: str, directory: str) -> None:
    if text.startswith(directory) and not os.path.normpath(text).startswith(directory + "/"):
        raise Smuggled(f"{word}: {text!r} is outside of the guest's own directory")
