"""<filter>: rules about packets, and references to other filters, in order."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed, Value
from ..engine.values import Int, Uuid
from ..net.filterref import FilterParameter, meaningful
from . import link, transport
from .match import Match, combined
from .network import IpHeader, port_problems

__all__ = ["Filter", "FilterEntry", "FilterReference", "FilterRule", "link", "transport"]

PRIORITIES = range(-1000, 1001)
DEFAULT_PRIORITY = 500
MAX_CHAIN_LENGTH = 12
CHAIN_PRIORITIES = {
    "root": 0, "mac": -800, "vlan": -750, "stp": 0, "arp": -500, "rarp": -400, "ipv4": -700,
    "ipv6": -600,
}  # fmt: skip
"""The chains by the beginning of their names, and what a filter in them has without a word."""

_CHAIN = re.compile(r"[\w.:-]*", re.ASCII)


class FilterEntry(Element):
    """What a filter holds."""


class FilterRule(FilterEntry, kw_only=True):
    """<rule>: what happens to the packets that all its elements fit."""

    TAG = "rule"

    action: Needed[Literal["drop", "accept", "reject", "return", "continue"]]
    direction: Needed[Literal["in", "out", "inout"]]
    priority: Attr[Int] = None
    statematch: Attr[str] = None
    matches: Children[Match] = field(default_factory=list)

    def defaults(self) -> None:
        """A priority, and at most one element for each of "must fit" and "must not"."""
        if self.priority is None or self.priority not in PRIORITIES:
            self.priority = DEFAULT_PRIORITY
        off = (self.statematch or "").lower() in ("0", "false")
        self.statematch = "false" if off else None
        self.matches = combined(self.matches)

    def problems(self) -> Iterator[str]:
        """Ports go with a protocol."""
        return port_problems([m for m in self.matches if isinstance(m, IpHeader)])


class FilterReference(FilterEntry, kw_only=True):
    """<filterref>: all that another filter does, with these values of its variables."""

    TAG = "filterref"

    filter: Needed[str]
    parameters: Annotated[Children[FilterParameter], Name("parameter")] = field(
        default_factory=list
    )

    def defaults(self) -> None:
        """Parameters stand by name; what cannot be a name or a value is passed over."""
        self.parameters = meaningful(self.parameters)


class Filter(Element, kw_only=True):
    """<filter>."""

    name: Needed[str]
    chain: Attr[str] = None
    priority: Attr[Int] = None
    uuid: Value[Uuid] = None
    entries: Children[FilterEntry] = field(default_factory=list)

    def defaults(self) -> None:
        """The chain, and a priority by the chain; where that is 0 it is not written."""
        if self.chain is None:
            self.chain, self.priority = "root", None
        usual = CHAIN_PRIORITIES.get(chain_kind(self.chain) or "") or None
        if self.priority is None or (self.priority == 0 and usual is None):
            self.priority = usual

    def problems(self) -> Iterator[str]:
        """The chain is one that exists, the priority within bounds."""
        if self.priority is not None and self.priority not in PRIORITIES:
            yield f"priority {self.priority} is not within {PRIORITIES[0]}..{PRIORITIES[-1]}"
        if self.chain is None:
            return
        if len(self.chain) > MAX_CHAIN_LENGTH:
            yield f"the name of a chain has at most {MAX_CHAIN_LENGTH} characters"
        elif not _CHAIN.fullmatch(self.chain):
            yield f"the name of a chain cannot be '{self.chain}'"
        elif chain_kind(self.chain) is None:
            kinds = ", ".join(kind for kind in CHAIN_PRIORITIES if kind != "root")
            yield f"chain '{self.chain}' is neither root nor begins with one of {kinds}"


def chain_kind(chain: str) -> str | None:
    """What a chain is about, by the beginning of its name; `root` is a whole name."""
    if chain.startswith("root"):
        return "root" if chain == "root" else None
    return next((kind for kind in CHAIN_PRIORITIES if chain.startswith(kind)), None)
