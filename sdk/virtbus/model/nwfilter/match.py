"""What all elements of a rule have in common, and how several of one protocol become one."""

from typing import ClassVar

from ..engine.declare import Attr, Element
from ..engine.table import table_of


class Match(Element):
    """One element of a rule: what of a packet is looked at, by protocol.

    With match='no' the packet must differ in it.
    """

    FOLLOWS: ClassVar[dict[str, str]] = {}
    """Fields that are negated just when another one is: a mask with its address."""

    match: Attr[str] = None


def combined(matches: list[Match]) -> list[Match]:
    """The elements of the first one's protocol as libvirt keeps them: at most one each way.

    A later element overrides an earlier one.
    """
    if not matches:
        return []
    cls = type(matches[0])
    found: dict[str, tuple[str, bool]] = {}
    for match in matches:
        if type(match) is cls:
            for name in _names(cls):
                value = getattr(match, name)
                if value is not None:
                    found[name] = value, match.match == "no"
    _settle_negation(cls, found)
    _settle_ip_set(cls, found)
    line = matches[0].line
    sides = [
        {name: value for name, (value, negated) in found.items() if negated is side}
        for side in (False, True)
    ]
    return [
        _made(cls, line, side, negated=bool(negated))
        for negated, side in enumerate(sides)
        if side or not (found or negated)
    ]


def _names(cls: type[Match]) -> list[str]:
    return [field.name for field in table_of(cls).fields if field.name != "match"]


def _settle_negation(cls: type[Match], found: dict[str, tuple[str, bool]]) -> None:
    for name, leader in cls.FOLLOWS.items():
        if name in found:
            found[name] = found[name][0], leader in found and found[leader][1]


def _settle_ip_set(cls: type[Match], found: dict[str, tuple[str, bool]]) -> None:
    """Which of the packet's addresses are looked up in the set: without a word, the source."""
    if cls.TAG in ("all", "all-ipv6"):
        return
    if "ipset" in found:
        found.setdefault("ipsetflags", ("src", False))
    else:
        found.pop("ipsetflags", None)


def _made(cls: type[Match], line: int, values: dict[str, str], *, negated: bool) -> Match:
    match = cls(line=line, match="no" if negated else None)
    for name, value in values.items():
        setattr(match, name, value)
    return match
