"""The values of rules: what is accepted, and how libvirt writes it back.

Each is kept as its canonical text, since a variable (`$IP`, `$IP[@1]`, `$IP[2]`) may
stand in place of any of them.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping

from ..engine.values import MacText

MAX_ITERATOR = 1000
MAX_COMMENT_BYTES = 256

_VARIABLE = re.compile(r"\$(\w*)(?:\[\s*(@?)\s*(\d{1,10})\s*\].*)?", re.ASCII | re.DOTALL)
_DECIMAL = re.compile(r"\s*\+?(\d{1,10})", re.ASCII)
_HEXADECIMAL = re.compile(r"\s*(?:0[xX])?([0-9a-fA-F]{1,8})", re.ASCII)


class RuleValue:
    """A value or a variable. Subclasses say what a value is."""

    def parse(self, raw: str) -> str:
        """The canonical text; it is its own canonical text."""
        return variable(raw) if raw.startswith("$") else self.value(raw)

    def format(self, value: str) -> str:
        """The canonical text."""
        return self.parse(value)

    def value(self, raw: str) -> str:
        """The canonical text of what is not a variable; ValueError otherwise."""
        raise NotImplementedError


def variable(raw: str) -> str:
    """The canonical text of an access to a variable: $A and $A[@0] are the same."""
    found = _VARIABLE.fullmatch(raw)
    if found is None:
        raise ValueError(f"expected a variable such as $IP or $IP[@1], not '{raw[:60]}'")
    name, iterator, index = found.groups()
    if index is None or (iterator and int(index) == 0):
        return f"${name}"
    if iterator and int(index) > MAX_ITERATOR:
        raise ValueError(f"an iterator is at most {MAX_ITERATOR}, not {index}")
    return f"${name}[{iterator}{int(index)}]"


class Number(RuleValue):
    """An unsigned number, decimal or hexadecimal, and written as it was given.

    `names` are written in place of their numbers, and accepted in any case of letters.
    """

    def __init__(
        self,
        high: int,
        *,
        low: int = 0,
        names: Mapping[str, int] | None = None,
        hexadecimal: bool = True,
        always_decimal: bool = False,
    ) -> None:
        self.low, self.high = low, high
        self._numbers = {name.lower(): number for name, number in (names or {}).items()}
        self._names = {number: name for name, number in (names or {}).items()}
        self._hexadecimal = hexadecimal
        self._always_decimal = always_decimal

    def value(self, raw: str) -> str:
        """As decimal if it can be, else as hexadecimal, else by name."""
        as_hexadecimal = False
        if found := _DECIMAL.fullmatch(raw):
            number = int(found[1])
        elif self._hexadecimal and (found := _HEXADECIMAL.fullmatch(raw)):
            number, as_hexadecimal = int(found[1], 16), not self._always_decimal
        elif raw.lower() in self._numbers:
            number = self._numbers[raw.lower()]
        else:
            names = "".join(f", {name}" for name in self._names.values())
            raise ValueError(f"expected a number{names}, not '{raw[:60]}'")
        if number not in self._names and not self.low <= number <= self.high:
            raise ValueError(f"{number} is not within {self.low}..{self.high}")
        return self._names.get(number) or (f"{number:#x}" if as_hexadecimal else str(number))


class MacAddress(RuleValue):
    """A MAC address."""

    def value(self, raw: str) -> str:
        """In lower case, two digits each."""
        return MacText().parse(raw)


class MacMask(RuleValue):
    """A MAC address whose bits are ones, then zeros."""

    def value(self, raw: str) -> str:
        """In lower case, two digits each."""
        mask = MacText().parse(raw)
        _ones(int(mask.replace(":", ""), 16), 48)
        return mask


class IpAddress(RuleValue):
    """An address of one family."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._family = family

    def value(self, raw: str) -> str:
        """The short canonical form."""
        return socket.inet_ntop(self._family, _packed(self._family, raw))


class IpMask(RuleValue):
    """A mask, as a number of bits or as an address; written as a number of bits."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._family = family
        self._bits = 128 if family is socket.AF_INET6 else 32

    def value(self, raw: str) -> str:
        """The number of bits."""
        if found := _DECIMAL.fullmatch(raw):
            bits = int(found[1])
            if bits > self._bits:
                raise ValueError(f"a mask has at most {self._bits} bits, not {bits}")
            return str(bits)
        return str(_ones(int.from_bytes(_packed(self._family, raw), "big"), self._bits))


def _packed(family: socket.AddressFamily, raw: str) -> bytes:
    try:
        return socket.inet_pton(family, raw.strip())
    except (OSError, ValueError):
        version = "IPv6" if family is socket.AF_INET6 else "IPv4"
        raise ValueError(f"expected an {version} address, not '{raw[:60]}'") from None


def _ones(mask: int, bits: int) -> int:
    """The number of leading ones; ValueError when there are ones behind a zero."""
    zeros = (1 << bits) - 1 - mask
    if zeros & (zeros + 1):
        raise ValueError("a mask is ones, then zeros")
    return bits - zeros.bit_length()


class Switch(RuleValue):
    """true, yes or 1; all else is false."""

    def value(self, raw: str) -> str:
        """true or false."""
        return "true" if raw in ("true", "yes", "1") else "false"


class Comment(RuleValue):
    """Text that ends after 256 bytes."""

    def value(self, raw: str) -> str:
        """The text as far as it is kept."""
        return raw.encode()[:MAX_COMMENT_BYTES].decode(errors="ignore")
