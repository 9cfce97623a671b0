"""<forward>: how the guests of a network reach what is outside."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, TypeAlias

import msgspec
from msgspec import field

from ..engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed
from ..engine.values import Port, UInt, YesNo
from ..net.addresses import IpAddress, family_of
from ..net.pci import PciDriver, PciPlace
from ..net.subnet import range_problem

ForwardMode: TypeAlias = Literal[
    "nat", "route", "open", "bridge", "private", "vepa", "passthrough", "hostdev"
]
ROUTED: tuple[ForwardMode | None, ...] = (None, "nat", "route", "open")
"""The modes in which the host makes a bridge of its own and gives it addresses."""


class LooseYes:
    """yes in any case of letters; all else is no."""

    def parse(self, raw: str) -> bool:
        """Whether it is yes."""
        return raw.lower() == "yes"

    def format(self, value: Any) -> str:
        """yes or no."""
        return "yes" if value else "no"


class NatAddress(Element, kw_only=True):
    """<address>: the addresses that packets leave with."""

    start: Needed[IpAddress]
    end: Needed[IpAddress]

    def problems(self) -> Iterator[str]:
        """A range of IPv4 addresses."""
        if "ipv6" in (family_of(self.start), family_of(self.end)):
            yield "both addresses must be of IPv4"
        elif reason := range_problem(self.start, self.end):
            yield reason


class NatPort(Element, kw_only=True):
    """<port>: the ports that packets leave with."""

    start: Needed[Port]
    end: Needed[Port]

    def problems(self) -> Iterator[str]:
        """Not reversed."""
        if self.end < self.start:
            yield f"port range {self.start} - {self.end} is reversed"


class Nat(Element):
    """<nat>."""

    ipv6: Attr[YesNo] = None
    address: Child[NatAddress] = None
    port: Child[NatPort] = None

    def defaults(self) -> None:
        """Ports 0 to 0 are no restriction."""
        if self.port and not self.port.end:
            self.port = None

    @property
    def says_nothing(self) -> bool:
        """Whether the default is meant."""
        return self.ipv6 is None and self.address is None and self.port is None


class PhysicalFunction(Element, kw_only=True):
    """<pf>: the card whose virtual functions are handed out."""

    dev: Needed[str]


class ForwardInterface(Element, kw_only=True):
    """<interface>: a device of the host, and how many guests use it."""

    dev: Needed[str]
    connections: Annotated[Attr[UInt], LIVE] = None


class ForwardAddress(PciPlace, kw_only=True):
    """<address>: a virtual function of the host, and how many guests use it."""

    connections: Annotated[Attr[UInt], LIVE] = None

    def problems(self) -> Iterator[str]:
        """The type is given."""
        if self.type is None:
            yield "attribute 'type' is missing"
        yield from super().problems()


class Forward(Element):
    """<forward>. Where devices are listed by name, `dev` is the first of them."""

    dev: Attr[str] = None
    mode: Attr[ForwardMode] = None
    managed: Attr[Annotated[bool, LooseYes()]] = None
    driver: Child[PciDriver] = None
    nat: Child[Nat] = None
    pf: Child[PhysicalFunction] = None
    interfaces: Annotated[Children[ForwardInterface], Name("interface")] = field(
        default_factory=list
    )
    addresses: Annotated[Children[ForwardAddress], Name("address")] = field(default_factory=list)

    def defaults(self) -> None:
        """A mode, and one way of naming devices: by interface, by address, by their card."""
        self.mode = self.mode or "nat"
        self.managed = bool(self.managed) if self.mode == "hostdev" else None
        if self.driver and self.driver.says_nothing:
            self.driver = None
        if self.nat and self.nat.says_nothing and self.mode == "nat":
            self.nat = None
        if self.dev is not None and (self.addresses or self.pf):
            return  # which is refused
        if self.dev is not None and not self.interfaces:
            self.interfaces = [ForwardInterface(line=self.line, dev=self.dev)]
        if self.interfaces:
            self.dev = self.interfaces[0].dev if self.dev is None else self.dev
            self.addresses = []
        if self.interfaces or self.addresses:
            self.pf = None

    def inactive(self) -> Self | None:
        """The functions of a card were found out when the network started."""
        if self.pf is None:
            return self
        return msgspec.structs.replace(self, interfaces=[], addresses=[])

    def problems(self) -> Iterator[str]:
        """Devices stand once, and what is given fits the mode."""
        if self.dev is not None:
            if self.addresses or self.pf:
                yield "'dev' cannot stand beside <address> or <pf>"
            elif self.interfaces and self.interfaces[0].dev != self.dev:
                yield f"'dev' must be the first interface, not '{self.dev}'"
        names = [interface.dev for interface in self.interfaces]
        if len(set(names)) < len(names):
            yield "an interface is listed twice"
        places = [address.place for address in self.addresses]
        if len(set(places)) < len(places):
            yield "a PCI device is listed twice"
        if self.nat and self.mode not in (None, "nat"):
            yield f"<nat> is for mode 'nat', not '{self.mode}'"
        if self.mode in ("nat", "route") and len(names) > 1:
            yield f"mode '{self.mode}' takes one interface"
        if self.mode == "open" and (names or places):
            yield "mode 'open' takes no device"
