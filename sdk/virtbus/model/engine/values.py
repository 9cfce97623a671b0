"""Types of values: what is accepted, and how it is written.

Each is used in an annotation (`Attr[OnOff]`, `Value[UInt]`). Parsing refuses
with ValueError, whose text says what was expected; the reader adds where.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Protocol, TypeAlias

import msgspec

_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_HEX = re.compile(r"(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})", re.ASCII)
_BARE_HEX = re.compile(r"(0[xX])?[0-9a-fA-F]{1,16}", re.ASCII)
_OCTAL = re.compile(r"[0-7]{1,12}", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_MAC = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}", re.ASCII)


class Codec(Protocol):
    """Between the text of a document and a Python value.

    Equal to none of another type: `typing` takes annotations that are equal for the same one.
    """

    def parse(self, raw: str) -> Any:
        """The value; ValueError says what was expected."""

    def format(self, value: Any) -> str:
        """The text; ValueError when the value is out of bounds."""


class PlainText:
    """Text as it stands."""

    def parse(self, raw: str) -> str:
        """Any text."""
        return raw

    def format(self, value: str) -> str:
        """Any text."""
        if not isinstance(value, str):
            raise ValueError(f"expected text, not {value!r}")
        return value


class Integer(msgspec.Struct, frozen=True):
    """A decimal number within bounds, both included."""

    low: int
    high: int

    def parse(self, raw: str) -> int:
        """A decimal number within bounds."""
        text = raw.strip()
        if not _DECIMAL.fullmatch(text):
            raise ValueError(f"expected a number, not '{_brief(raw)}'")
        return self._bounded(int(text))

    def format(self, value: int) -> str:
        """Decimal, within bounds."""
        return str(self._bounded(value))

    def _bounded(self, value: int) -> int:
        if not self.low <= value <= self.high:
            raise ValueError(f"{value} is not within {self.low}..{self.high}")
        return value


class Hex(msgspec.Struct, frozen=True):
    """An unsigned number, accepted as hexadecimal (0x) or decimal, written as hexadecimal."""

    high: int
    digits: int

    def parse(self, raw: str) -> int:
        """A number within bounds."""
        text = raw.strip()
        if not _HEX.fullmatch(text):
            raise ValueError(f"expected a number such as 0x1f, not '{_brief(raw)}'")
        return self._bounded(int(text, 16 if text[:2] in ("0x", "0X") else 10))

    def format(self, value: int) -> str:
        """Hexadecimal, padded with zeros."""
        return f"0x{self._bounded(value):0{self.digits}x}"

    def _bounded(self, value: int) -> int:
        if not 0 <= value <= self.high:
            raise ValueError(f"{value:#x} is not within 0..{self.high:#x}")
        return value


class BareHex(msgspec.Struct, frozen=True):
    """An unsigned number, always read as hexadecimal, with or without 0x."""

    high: int
    digits: int

    def parse(self, raw: str) -> int:
        """A number within bounds."""
        text = raw.strip()
        if not _BARE_HEX.fullmatch(text) or int(text, 16) > self.high:
            raise ValueError(f"expected a hexadecimal number up to {self.high:#x}, not '{raw}'")
        return int(text, 16)

    def format(self, value: int) -> str:
        """Hexadecimal, padded with zeros."""
        if not 0 <= value <= self.high:
            raise ValueError(f"{value:#x} is not within 0..{self.high:#x}")
        return f"0x{value:0{self.digits}x}"


class AnyBase(msgspec.Struct, frozen=True):
    """An unsigned number, accepted as hexadecimal (0x) or decimal, written as decimal."""

    high: int

    def parse(self, raw: str) -> int:
        """A number within bounds."""
        return Hex(self.high, 1).parse(raw)

    def format(self, value: int) -> str:
        """Decimal, within bounds."""
        return Integer(0, self.high).format(value)


class Octal(msgspec.Struct, frozen=True):
    """Permissions: an octal number, written with leading zeros."""

    high: int
    digits: int

    def parse(self, raw: str) -> int:
        """A number within bounds."""
        text = raw.strip()
        if not _OCTAL.fullmatch(text):
            raise ValueError(f"expected an octal number such as 0755, not '{_brief(raw)}'")
        return self._bounded(int(text, 8))

    def format(self, value: int) -> str:
        """Octal, padded with zeros."""
        return f"{self._bounded(value):0{self.digits}o}"

    def _bounded(self, value: int) -> int:
        if not 0 <= value <= self.high:
            raise ValueError(f"{value:#o} is not within 0..{self.high:#o}")
        return value


class Switch(msgspec.Struct, frozen=True):
    """A yes or no in the element's own words."""

    true: str
    false: str

    def parse(self, raw: str) -> bool:
        """Exactly one of the two words."""
        if raw == self.true:
            return True
        if raw == self.false:
            return False
        raise ValueError(f"expected '{self.true}' or '{self.false}', not '{_brief(raw)}'")

    def format(self, value: bool) -> str:
        """One of the two words."""
        return self.true if value else self.false


class Choice:
    """One of a fixed set of words (made from a Literal type)."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = {word: word for word in words}

    def parse(self, raw: str) -> str:
        """One of the words."""
        word = self.words.get(raw)
        if word is None:
            raise ValueError(f"expected one of {', '.join(self.words)}, not '{_brief(raw)}'")
        return word

    format = parse


class UuidText:
    """A UUID, with or without dashes; kept and written in the canonical form."""

    def parse(self, raw: str) -> str:
        """The canonical form."""
        digits = raw.strip().replace("-", "").lower()
        if not _UUID.fullmatch(digits):
            raise ValueError(f"expected a UUID, not '{_brief(raw)}'")
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    format = parse


class UuidOrNothing(UuidText):
    """A UUID, or nothing where one is to be made."""

    def parse(self, raw: str) -> str:
        """The canonical form, or ''."""
        return super().parse(raw) if raw.strip() else ""

    format = parse


class MacText:
    """A unicast or multicast MAC address; kept and written in lower case, two digits each."""

    def parse(self, raw: str) -> str:
        """The canonical form."""
        text = raw.strip()
        if not _MAC.fullmatch(text):
            raise ValueError(f"expected a MAC address, not '{_brief(raw)}'")
        return ":".join(f"{int(octet, 16):02x}" for octet in text.split(":"))

    format = parse


class Unit(msgspec.Struct, frozen=True):
    """Of a `Size` field: the unit it is kept and written in, and the one assumed."""

    kept: str
    assumed: str


_DECIMAL_UNITS = {f"{p}B": 1000**n for n, p in enumerate(("K", "M", "G", "T", "P", "E"), 1)}
_BINARY_UNITS = {f"{p}iB": 1024**n for n, p in enumerate(("K", "M", "G", "T", "P", "E"), 1)}
_SHORT_UNITS = {p.lower(): 1024**n for n, p in enumerate(("K", "M", "G", "T", "P", "E"), 1)}
UNITS: dict[str, int] = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **_SHORT_UNITS,
    **{name.lower(): size for name, size in (_DECIMAL_UNITS | _BINARY_UNITS).items()},
}
"""Bytes in each unit libvirt knows, by its lower-case name (virScaleInteger)."""

_SIZES = Integer(0, 2**63 - 1)


def parse_size(raw: str, unit: str | None, how: Unit) -> int:
    """The size in `how.kept` units, rounded up as libvirt does; ValueError otherwise."""
    scale = UNITS.get((unit or how.assumed).lower())
    if scale is None:
        raise ValueError(f"unknown unit '{_brief(unit or '')}'")
    kept = UNITS[how.kept.lower()]
    size = -(-_SIZES.parse(raw) * scale // kept)
    if size * kept > _SIZES.high:
        raise ValueError(f"'{_brief(raw)}' is too large")
    return size


def scaled(value: int, unit: str | None, how: Unit) -> int:
    """As `parse_size`, for a number that stands beside its unit in an attribute."""
    return parse_size(str(value), unit, how)


def largest_unit(size_bytes: int) -> tuple[int, str]:
    """The size in the largest binary unit that divides it, and that unit (virFormatIntPretty)."""
    value, units = size_bytes, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value and value % 1024 == 0 and len(units) > 1:
        value //= 1024
        del units[0]
    return value, units[0]


def _brief(raw: str) -> str:
    return raw if len(raw) <= 60 else f"{raw[:57]}..."


TEXT = PlainText()
UInt16: TypeAlias = Annotated[int, Integer(0, 2**16 - 1)]
UInt: TypeAlias = Annotated[int, Integer(0, 2**32 - 1)]
ULong: TypeAlias = Annotated[int, Integer(0, 2**64 - 1)]
Int: TypeAlias = Annotated[int, Integer(-(2**31), 2**31 - 1)]
Positive: TypeAlias = Annotated[int, Integer(1, 2**32 - 1)]
Port: TypeAlias = Annotated[int, Integer(0, 65535)]
YesNo: TypeAlias = Annotated[bool, Switch("yes", "no")]
OnOff: TypeAlias = Annotated[bool, Switch("on", "off")]
Uuid: TypeAlias = Annotated[str, UuidText()]
Mac: TypeAlias = Annotated[str, MacText()]
