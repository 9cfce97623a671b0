"""<ip>: an address of the network's bridge, and the addresses its DHCP server gives."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import MacText, UInt, ULong, YesNo
from ..net.addresses import Family, IpAddress, family_of
from ..net.subnet import bits_of, mask_bits, natural_prefix, range_problem_within

MIN_LEASE_S = 120
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
_NO_DUID = re.compile(r"[^0-9a-fA-F:]", re.ASCII)


class _WrittenMac(MacText):
    """A MAC address, kept as it is written."""

    def parse(self, raw: str) -> str:
        """The text itself."""
        super().parse(raw)
        return raw

    format = parse


class Lease(Element):
    """<lease>: for how long an address is given; 0 is for ever."""

    expiry: Attr[ULong] = None
    unit: Attr[Literal["seconds", "minutes", "hours"]] = None

    def defaults(self) -> None:
        """Minutes, but for ever needs no unit."""
        self.unit = (self.unit or "minutes") if self.expiry else None

    def problems(self) -> Iterator[str]:
        """Not too short for the server."""
        if self.expiry and self.expiry * _SECONDS[self.unit or "minutes"] < MIN_LEASE_S:
            yield f"a lease is at least {MIN_LEASE_S} seconds"


class DhcpRange(Element, kw_only=True):
    """<range>: addresses to give."""

    start: Needed[IpAddress]
    end: Needed[IpAddress]
    lease: Child[Lease] = None

    def defaults(self) -> None:
        """A lease without a time says nothing."""
        if self.lease and self.lease.expiry is None:
            self.lease = None


class DhcpHost(Element):
    """<host>: the address of one host, known by its MAC address, DUID (`id`) or name."""

    mac: Attr[Annotated[str, _WrittenMac()]] = None
    id: Attr[str] = None
    name: Attr[str] = None
    ip: Attr[IpAddress] = None
    lease: Child[Lease] = None

    def defaults(self) -> None:
        """A lease without a time says nothing."""
        if self.lease and self.lease.expiry is None:
            self.lease = None

    def problems(self) -> Iterator[str]:
        """Each name is one that a host can have."""
        if self.mac is not None and int(self.mac.strip().partition(":")[0], 16) & 1:
            yield f"MAC address '{self.mac}' is a multicast address"
        if self.id is not None and _NO_DUID.search(self.id):
            yield f"id '{self.id}' has a character it cannot have"
        if self.name is not None and not re.match("[a-zA-Z0-9]", self.name):
            yield f"the name '{self.name}' must begin with a letter or digit"


class Bootp(Element, kw_only=True):
    """<bootp>: what a host without a disk loads, and from where."""

    file: Needed[str]
    server: Attr[IpAddress] = None


class Dhcp(Element):
    """<dhcp>."""

    ranges: Annotated[Children[DhcpRange], Name("range")] = field(default_factory=list)
    hosts: Annotated[Children[DhcpHost], Name("host")] = field(default_factory=list)
    bootp: Child[Bootp] = None


class Tftp(Element):
    """<tftp>: the directory that is served."""

    root: Attr[str] = None


class NetworkIp(Element, kw_only=True):
    """<ip>; with `local_ptr` names of its addresses are asked for within the network alone."""

    family: Attr[Family] = None
    address: Needed[IpAddress]
    netmask: Attr[IpAddress] = None
    prefix: Attr[UInt] = None
    local_ptr: Annotated[Attr[YesNo], Name("localPtr")] = None
    tftp: Child[Tftp] = None
    dhcp: Child[Dhcp] = None

    @property
    def prefix_bits(self) -> int | None:
        """How many bits of the address are the network's; None when it cannot be said."""
        if self.prefix:
            return self.prefix
        return mask_bits(self.netmask) if self.netmask else natural_prefix(self.address)

    @property
    def has_dhcp(self) -> bool:
        """Whether addresses are given here."""
        return self.dhcp is not None and bool(self.dhcp.ranges or self.dhcp.hosts)

    def defaults(self) -> None:
        """What gives no addresses is no DHCP server; booting by BOOTP is of IPv4."""
        self.prefix = self.prefix or None
        if self.tftp and self.tftp.root is None and family_of(self.address) == "ipv4":
            self.tftp = None
        if not self.has_dhcp:
            self.dhcp = None
        elif self.dhcp and family_of(self.address) == "ipv6":
            self.dhcp.bootp = None

    def problems(self) -> Iterator[str]:
        """One family throughout, and addresses to give within the network."""
        family = family_of(self.address)
        if (self.family or "ipv4") != family:
            yield f"address '{self.address}' is not of family '{self.family or 'ipv4'}'"
        elif self.netmask and "ipv6" in (family, family_of(self.netmask)):
            yield "a netmask is for IPv4 alone; give a prefix"
        elif self.netmask and self.prefix:
            yield "give either a netmask or a prefix"
        elif (self.prefix or 0) > bits_of(self.address):
            yield f"prefix {self.prefix} is too large for an {family} address"
        elif self.tftp and family == "ipv6":
            yield "<tftp> is for IPv4 alone"
        elif self.dhcp:
            for each in self.dhcp.ranges:
                yield from self.range_problems(each)
            for host in self.dhcp.hosts:
                yield from self.host_problems(host)

    def range_problems(self, given: DhcpRange) -> Iterator[str]:
        """What is wrong with a range here."""
        reason = range_problem_within(given.start, given.end, self.address, self.prefix_bits)
        if reason:
            yield reason

    def host_problems(self, host: DhcpHost) -> Iterator[str]:
        """What is wrong with a host here."""
        if family_of(self.address) == "ipv6":
            if host.mac is not None:
                yield "a host of IPv6 is known by 'id' or 'name', not by 'mac'"
            elif host.id is None and host.name is None:
                yield "a host of IPv6 needs an 'id' or a 'name'"
        elif host.mac is None and host.name is None:
            yield "a host of IPv4 needs a 'mac' or a 'name'"
        if host.ip is None:
            yield "a host needs an 'ip'"
