"""Values of rules that are words: connection states, TCP flags, sets of addresses."""

from __future__ import annotations

import re

from .values import RuleValue

MAX_IPSET_NAME_BYTES = 31
MAX_IPSET_FLAGS = 6

_IPSET_NAME = re.compile(r"[\w.:+ -]*", re.ASCII)


class Words(RuleValue):
    """Words of a set, with commas and spaces between, written in the set's order."""

    def __init__(self, words: tuple[str, ...], *, all_of: str = "", none_of: str = "NONE") -> None:
        self._words = words
        self._all, self._none = all_of, none_of
        known = "|".join((*words, *filter(None, (all_of, none_of))))
        self._list = re.compile(rf"[\s,]*((?:{known})[\s,]*)*", re.IGNORECASE)
        self._word = re.compile(known, re.IGNORECASE)

    def value(self, raw: str) -> str:
        """The words in order."""
        return ",".join(w for w in self._words if w in self.found(raw))

    def found(self, raw: str) -> set[str]:
        """The words that stand in `raw`; ValueError for others."""
        if not self._list.fullmatch(raw):
            raise ValueError(f"expected some of {', '.join(self._words)}, not '{raw[:60]}'")
        words = {word.upper() for word in self._word.findall(raw)}
        return set(self._words) if self._all in words else words


class States(Words):
    """Connection states; NONE excludes all others."""

    def value(self, raw: str) -> str:
        """The states in order."""
        return self._none if self._none in self.found(raw) else super().value(raw)


class TcpFlags(Words):
    """The flags to look at and, after a slash, those that must be set."""

    def value(self, raw: str) -> str:
        """Both sets in order, with ALL and NONE for the full and the empty one."""
        mask, slash, flags = raw.partition("/")
        if not slash:
            raise ValueError(f"expected flags such as SYN,ACK/SYN, not '{raw[:60]}'")
        return f"{self._flags(mask)}/{self._flags(flags)}"

    def _flags(self, raw: str) -> str:
        found = self.found(raw) & set(self._words)
        if len(found) in (0, len(self._words)):
            return self._all if found else self._none
        return super().value(raw)


class IpSetName(RuleValue):
    """The name of an IP set."""

    def value(self, raw: str) -> str:
        """The name itself."""
        if len(raw.encode()) > MAX_IPSET_NAME_BYTES or not _IPSET_NAME.fullmatch(raw):
            raise ValueError(f"'{raw[:60]}' cannot be the name of an IP set")
        return raw


class IpSetFlags(RuleValue):
    """src and dst, up to six."""

    def value(self, raw: str) -> str:
        """In lower case."""
        flags = raw.lower().split(",")
        if len(flags) > MAX_IPSET_FLAGS or not set(flags) <= {"src", "dst"}:
            raise ValueError(f"expected up to {MAX_IPSET_FLAGS} of src and dst, not '{raw[:60]}'")
        return ",".join(flags)
