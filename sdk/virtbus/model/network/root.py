"""<network>: a network that guests are plugged into."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import field

from ..engine.declare import (
    LIVE,
    Attr,
    Child,
    Children,
    Element,
    Kept,
    Name,
    Needed,
    NeededValue,
    Value,
)
from ..engine.reader import fragments
from ..engine.values import Mac, UInt, ULong, Uuid, YesNo
from ..net.addresses import Route
from ..net.bandwidth import Bandwidth
from ..net.virtualport import PortOptions, VirtualPort
from ..net.vlan import Vlan
from .checks import network_problems
from .dns import Dns
from .forward import ROUTED, Forward, LooseYes
from .ip import NetworkIp


class _OffOrOn:
    """off, or on for all else."""

    def parse(self, raw: str) -> bool:
        """Whether it is not off."""
        return raw != "off"

    def format(self, value: Any) -> str:
        """on or off."""
        return "on" if value else "off"


class NetworkBridge(Element):
    """<bridge>; `delay_s` is how long a port listens before it forwards, in seconds."""

    name: Attr[str] = None
    zone: Attr[str] = None
    stp: Attr[Annotated[bool, _OffOrOn()]] = None
    delay_s: Annotated[Attr[ULong], Name("delay")] = None
    mac_table_manager: Annotated[Attr[Literal["kernel", "libvirt"]], Name("macTableManager")] = None

    @property
    def says_nothing(self) -> bool:
        """Whether no attribute is given."""
        given = (self.name, self.zone, self.stp, self.delay_s, self.mac_table_manager)
        return all(value is None for value in given)


class NetworkMtu(Element):
    """<mtu>: the largest packet, in bytes."""

    size_bytes: Annotated[Attr[UInt], Name("size")] = None


class NetworkMac(Element):
    """<mac>: the address of the bridge."""

    address: Attr[Mac] = None

    def problems(self) -> Iterator[str]:
        """One device's address."""
        if self.address and int(self.address[:2], 16) & 1:
            yield f"MAC address {self.address} is a multicast address"


class NetworkDomain(Element):
    """<domain>: the DNS domain of the guests."""

    name: Attr[str] = None
    local_only: Annotated[Attr[YesNo], Name("localOnly")] = None
    register: Attr[YesNo] = None

    def problems(self) -> Iterator[str]:
        """A registered domain is asked for here alone."""
        if self.register and not self.local_only:
            yield "register='yes' needs localOnly='yes'"


class PortGroup(Element, kw_only=True):
    """<portgroup>: what the ports of one kind of guest have in common."""

    name: Needed[str]
    default: Attr[Annotated[bool, LooseYes()]] = None
    trust_guest_rx_filters: Annotated[Attr[YesNo], Name("trustGuestRxFilters")] = None
    vlan: Child[Vlan] = None
    virtualport: Child[VirtualPort] = None
    bandwidth: Child[Bandwidth] = None

    def defaults(self) -> None:
        """Only the default group says so; what is empty goes."""
        self.default = self.default or None
        if self.virtualport and self.virtualport.says_nothing:
            self.virtualport = None
        if self.bandwidth and self.bandwidth.says_nothing:
            self.bandwidth = None


class DnsmasqOption(Element, kw_only=True):
    """<dnsmasq:option>: a line of the server's configuration."""

    value: Needed[str]


class DnsmasqOptions(Element):
    """<dnsmasq:options>: passed on to the name server as they are."""

    options: Annotated[Children[DnsmasqOption], Name("dnsmasq:option")] = field(
        default_factory=list
    )


class Network(Element, kw_only=True):
    """<network>; `connections` is how many cards of guests are plugged in."""

    connections: Annotated[Attr[UInt], LIVE] = None
    ipv6: Attr[YesNo] = None
    trust_guest_rx_filters: Annotated[Attr[YesNo], Name("trustGuestRxFilters")] = None
    name: NeededValue[str]
    uuid: Value[Uuid] = None
    title: Value[str] = None
    description: Value[str] = None
    metadata: Kept = None
    forward: Child[Forward] = None
    bridge: Child[NetworkBridge] = None
    mtu: Child[NetworkMtu] = None
    mac: Child[NetworkMac] = None
    domain: Child[NetworkDomain] = None
    dns: Child[Dns] = None
    vlan: Child[Vlan] = None
    bandwidth: Child[Bandwidth] = None
    port: Child[PortOptions] = None
    ips: Annotated[Children[NetworkIp], Name("ip")] = field(default_factory=list)
    routes: Annotated[Children[Route], Name("route")] = field(default_factory=list)
    virtualport: Child[VirtualPort] = None
    portgroups: Annotated[Children[PortGroup], Name("portgroup")] = field(default_factory=list)
    dnsmasq_options: Annotated[Child[DnsmasqOptions], Name("dnsmasq:options")] = None

    def defaults(self) -> None:
        """A bridge where the host makes one; what is empty goes."""
        self.ipv6 = self.ipv6 or None
        self._bridge()
        if self.mtu and not self.mtu.size_bytes:
            self.mtu = None
        if self.mac and self.mac.address is None:
            self.mac = None
        if self.domain and self.domain.name is None and not self.domain.register:
            self.domain = None
        if self.dns and self.dns.says_nothing:
            self.dns = None
        if self.port and self.port.isolated is None:
            self.port = None
        if self.metadata and not fragments(self.metadata):
            self.metadata = None
        if self.dnsmasq_options and not self.dnsmasq_options.options:
            self.dnsmasq_options = None
        if self.bandwidth and self.bandwidth.says_nothing:
            self.bandwidth = None

    def _bridge(self) -> None:
        if (self.forward and self.forward.mode) in ROUTED:
            self.bridge = self.bridge or NetworkBridge(line=self.line)
            self.bridge.stp = self.bridge.stp is not False
            self.bridge.delay_s = self.bridge.delay_s or 0
        elif self.bridge:
            self.bridge.delay_s = self.bridge.delay_s or None
            if self.bridge.says_nothing:
                self.bridge = None

    def problems(self) -> Iterator[str]:
        """What is given fits the mode; gateways can be reached."""
        return network_problems(self)
