"""Two command lines compared: as sets of options with parsed values; their order has no meaning.

A value that is JSON is compared as parsed JSON, a list of key=value as its head and its
keys, any other as it stands. JSON and the older form of the same thing are different.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .xml_compare import Difference

PLAIN = {"-append", "-kernel", "-initrd", "-dtb", "-bios", "-uuid", "-shim", "-incoming"}
"""Options whose value is one word or line, whatever commas are in it."""

KINDS = {
    "-device": "driver=",
    "-blockdev": "driver=",
    "-object": "qom-type=",
    "-netdev": "type=",
    "-chardev": "",
    "-audiodev": "",
    "-tpmdev": "",
    "-fsdev": "",
}
"""Options of which a guest has many, and how the head of each is called."""

_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class Option(NamedTuple):
    """An option and its value: as parsed, and as it was written."""

    name: str
    form: str  # json, keys, plain, alone
    head: str  # what it is: the driver, the type, the first word
    values: dict[str, Any]
    text: str

    @property
    def same(self) -> tuple[str, str, str, str]:
        """Equal for two options that say the same."""
        return self.name, self.form, self.head, json.dumps(self.values, sort_keys=True)

    @property
    def identity(self) -> str:
        """The name by which the rest of the command line refers to it, if any."""
        return str(self.values.get("id") or self.values.get("node-name") or "")

    @property
    def kind(self) -> str:
        """Option and head, without what differs from guest to guest."""
        return f"{self.name} {KINDS[self.name]}{self.head}" if self.name in KINDS else self.name


def read_args(text: str) -> tuple[dict[str, str], list[str]]:
    """Environment and words of a command as libvirt's tests write it down."""
    words = shlex.split(text.replace("\\\n", " "), comments=False)
    environment = {}
    while words and _ENVIRONMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    return environment, words


def options_of(argv: Sequence[str]) -> list[Option]:
    """The options of a command line; the program is the first of them."""
    options = [Option("program", "plain", "", {"": argv[0]}, argv[0])] if argv else []
    rest = list(argv[1:])
    while rest:
        name = rest.pop(0)
        has_value = bool(rest) and (name in PLAIN or not rest[0].startswith("-"))
        options.append(
            _option(name, rest.pop(0)) if has_value else Option(name, "alone", "", {}, "")
        )
    return options


def _option(name: str, text: str) -> Option:
    if name in PLAIN:
        return Option(name, "plain", "", {"": text}, text)
    if text.startswith("{"):
        try:
            values = json.loads(text)
        except ValueError:
            return Option(name, "plain", "", {"": text}, text)
        return Option(name, "json", str(values.get(_head_of(values), "")), values, text)
    head, values = "", dict[str, Any]()
    for number, part in enumerate(_split(text)):
        key, equals, value = part.partition("=")
        if not equals and number == 0:
            head = part
        else:
            values.setdefault(key, []).append(value if equals else True)
    return Option(name, "keys", head, values, text)


def _head_of(values: dict[str, Any]) -> str:
    """The property that says what an option in JSON makes."""
    return next((key for key in ("driver", "qom-type", "type") if key in values), "")


def _split(text: str) -> list[str]:
    """The parts between single commas; two commas are one that is meant."""
    parts, rest = [""], text
    while rest:
        word, comma, rest = rest.partition(",")
        parts[-1] += word
        if comma and rest.startswith(","):
            parts[-1] += ","
            rest = rest[1:]
        elif comma:
            parts.append("")
    return parts


def compare(expected: Sequence[str], got: Sequence[str]) -> list[Difference]:
    """All differences of two command lines."""
    left, right = options_of(expected), options_of(got)
    left, right = _without_common(left, right)
    differences = []
    for wanted, found in _pairs(left, right):
        left.remove(wanted)
        right.remove(found)
        differences += list(_between(wanted, found)) or [_another(wanted, found)]
    differences += [
        Difference(f"missing {each.kind}", f"- {each.name} {each.text}") for each in left
    ]
    differences += [
        Difference(f"unexpected {each.kind}", f"+ {each.name} {each.text}") for each in right
    ]
    return differences


def _without_common(left: list[Option], right: list[Option]) -> tuple[list[Option], list[Option]]:
    rest = list(right)
    mine = []
    for option in left:
        match = next((other for other in rest if other.same == option.same), None)
        if match is None:
            mine.append(option)
        else:
            rest.remove(match)
    return mine, rest


def _pairs(left: list[Option], right: list[Option]) -> list[tuple[Option, Option]]:
    """Which options are meant to be the same: by id, then by kind, then the only one of a name."""
    pairs: list[tuple[Option, Option]] = []
    mine, theirs = list(left), list(right)
    for same in (_by_identity, _by_kind, _by_name):
        for option in list(mine):
            match = next((other for other in theirs if same(option, other)), None)
            if match is not None:
                pairs.append((option, match))
                mine.remove(option)
                theirs.remove(match)
    return pairs


def _by_identity(one: Option, other: Option) -> bool:
    return one.name == other.name and one.identity == other.identity != ""


def _by_kind(one: Option, other: Option) -> bool:
    return one.kind == other.kind


def _by_name(one: Option, other: Option) -> bool:
    return one.name == other.name and one.name not in KINDS


def _another(wanted: Option, found: Option) -> Difference:
    """A difference that has no name of its own."""
    return Difference(
        f"{wanted.kind} differs", f"- {wanted.name} {wanted.text}\n+ {found.name} {found.text}"
    )


def _between(wanted: Option, found: Option) -> Iterator[Difference]:
    detail = f"- {wanted.name} {wanted.text}\n+ {found.name} {found.text}"
    if wanted.form != found.form:
        yield Difference(f"{wanted.kind}: {found.form} instead of {wanted.form}", detail)
        return
    if wanted.form == "plain":
        yield _another(wanted, found)
        return
    head = _head_of(wanted.values)
    said = {head} if wanted.form == "json" and head == _head_of(found.values) else set()
    if wanted.head != found.head:
        yield Difference(f"{wanted.kind}: first word differs", detail)
    for key in sorted((wanted.values.keys() | found.values.keys()) - said):
        if key not in found.values:
            yield Difference(f"{wanted.kind}: property {key} missing", detail)
        elif key not in wanted.values:
            yield Difference(f"{wanted.kind}: property {key} unexpected", detail)
        elif json.dumps(wanted.values[key], sort_keys=True) != json.dumps(
            found.values[key], sort_keys=True
        ):
            yield Difference(f"{wanted.kind}: property {key} differs", detail)
