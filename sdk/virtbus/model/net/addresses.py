"""IP addresses and routes, of networks and of both ends of an interface."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ..engine.declare import Attr, Element, Needed
from ..engine.values import UInt


class IpText:
    """An IPv4 or IPv6 address; kept and written in the short canonical form."""

    def parse(self, raw: str) -> str:
        """The canonical form."""
        text = raw.strip()
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, text))
        except (OSError, ValueError):
            raise ValueError(f"expected an IP address, not '{raw[:60]}'") from None

    format = parse


IpAddress: TypeAlias = Annotated[str, IpText()]
Family: TypeAlias = Literal["ipv4", "ipv6"]


def family_of(address: str) -> Family:
    """The family of an address as `IpText` accepts it."""
    return "ipv6" if ":" in address else "ipv4"


class InterfaceIp(Element, kw_only=True):
    """<ip> of an interface: one address of the guest's or the host's end."""

    address: Needed[IpAddress]
    family: Attr[str] = None
    prefix: Attr[UInt] = None
    peer: Attr[IpAddress] = None

    def defaults(self) -> None:
        """The family follows from the address; a prefix of 0 says nothing."""
        if self.family not in ("ipv4", "ipv6"):
            self.family = family_of(self.address)
        self.prefix = self.prefix or None

    def problems(self) -> Iterator[str]:
        """Everything is of one family."""
        family = family_of(self.address)
        if self.family in ("ipv4", "ipv6") and self.family != family:
            yield f"address '{self.address}' is not of family '{self.family}'"
        if self.prefix and self.prefix > (128 if family == "ipv6" else 32):
            yield f"prefix {self.prefix} is too large for an {family} address"
        if self.peer and family_of(self.peer) != family:
            yield f"peer '{self.peer}' is not of family '{family}'"


class Route(Element, kw_only=True):
    """<route>: a destination network and the gateway to it."""

    family: Attr[Family] = None
    address: Needed[IpAddress]
    netmask: Attr[IpAddress] = None
    prefix: Attr[UInt] = None
    gateway: Needed[IpAddress]
    metric: Attr[UInt] = None

    def problems(self) -> Iterator[str]:
        """One family throughout, and the destination is a network."""
        family = self.family or "ipv4"
        for name in ("address", "gateway", "netmask"):
            value = getattr(self, name)
            if value and family_of(value) != family:
                yield f"{name} '{value}' is not of family '{family}'"
                return
        if self.netmask and family == "ipv6":
            yield "a netmask is for IPv4 alone; give a prefix"
        elif self.netmask and self.prefix is not None:
            yield "give either a netmask or a prefix"
        elif (self.prefix or 0) > (128 if family == "ipv6" else 32):
            yield f"prefix {self.prefix} is too large for an {family} address"
        elif not self._is_network():
            yield f"address '{self.address}' is not that of a network"
        if self.metric == 0:
            yield "the metric of a route must be more than 0"

    def _is_network(self) -> bool:
        mask = self.netmask or (self.prefix or 0)
        try:
            ipaddress.ip_network(f"{self.address}/{mask}")
        except ValueError:
            return False
        return True
