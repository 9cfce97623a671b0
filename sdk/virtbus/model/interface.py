"""<interface>: a network interface of the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from .engine.declare import Attr, Child, Children, Element, Flag, Name, Needed, Section
from .engine.document import Document
from .engine.values import Int, UInt, YesNo

MAX_MTU = 100_000
_FOREIGN_PARTS: dict[str, tuple[str, ...]] = {
    "ethernet": ("bridge", "bond", "vlan"),
    "bridge": ("link", "mac", "bond", "vlan"),
    "bond": ("mac", "bridge", "vlan"),
    "vlan": ("mac", "bridge", "bond"),
}
"""What does not belong to an interface of that type, and goes."""
_WITHIN = {"bridge": ("ethernet", "bond", "vlan"), "bond": ("ethernet",)}
"""The types of interfaces that a bridge or a bond may be made of."""


class Start(Element):
    """<start>: when the interface is brought up."""

    mode: Attr[Literal["onboot", "hotplug", "none"]] = None


class HostMtu(Element):
    """<mtu>: the largest packet in bytes."""

    size_bytes: Annotated[Attr[UInt], Name("size")] = None

    def problems(self) -> Iterator[str]:
        """Within bounds."""
        if (self.size_bytes or 0) > MAX_MTU:
            yield f"size {self.size_bytes} is more than {MAX_MTU}"


class DhcpClient(Element):
    """<dhcp>: addresses come from a server; with `peerdns` its name servers too."""

    peerdns: Attr[YesNo] = None


class HostIp(Element):
    """<ip>: an address of the interface."""

    address: Attr[str] = None
    prefix: Attr[Int] = None

    def defaults(self) -> None:
        """A prefix of 0 says nothing."""
        self.prefix = self.prefix or None


class HostRoute(Element):
    """<route>: the gateway to everywhere else."""

    gateway: Attr[str] = None


class Protocol(Element, kw_only=True):
    """<protocol>: how the interface is addressed with one version of IP."""

    family: Needed[Literal["ipv4", "ipv6"]]
    autoconf: Flag = False
    dhcp: Child[DhcpClient] = None
    ips: Annotated[Children[HostIp], Name("ip")] = field(default_factory=list)
    route: Child[HostRoute] = None

    def defaults(self) -> None:
        """What says nothing goes; IPv4 has no way to configure itself."""
        self.autoconf = self.autoconf and self.family == "ipv6"
        self.ips = [ip for ip in self.ips if ip.address is not None]
        if self.route and self.route.gateway is None:
            self.route = None


class HostLink(Element):
    """<link>: state and speed (Mbit/s) of the carrier; reported, not set."""

    speed_mbps: Annotated[Attr[UInt], Name("speed")] = None
    state: Attr[
        Literal["unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"]
    ] = None

    def defaults(self) -> None:
        """A speed of 0 is not known."""
        self.speed_mbps = self.speed_mbps or None


class HostMac(Element):
    """<mac>: the interface's own address."""

    address: Attr[str] = None


class HostBridge(Element):
    """<bridge>; `delay_s` is how long a port listens before it forwards, in seconds."""

    stp: Attr[Literal["on", "off"]] = None
    delay_s: Annotated[Attr[str], Name("delay")] = None
    interfaces: Annotated[Children[HostInterface], Name("interface")] = field(default_factory=list)

    def defaults(self) -> None:
        """Addresses are the bridge's own."""
        for interface in self.interfaces:
            interface.start = interface.mtu = None
            interface.protocols = []


class LinkMonitor(Element, kw_only=True):
    """<miimon>: the carrier is looked at, every `freq_ms`; delays in milliseconds."""

    freq_ms: Annotated[Needed[Int], Name("freq")]
    downdelay_ms: Annotated[Attr[Int], Name("downdelay")] = None
    updelay_ms: Annotated[Attr[Int], Name("updelay")] = None
    carrier: Attr[Literal["ioctl", "netif"]] = None

    def defaults(self) -> None:
        """No delay is not written."""
        self.downdelay_ms = max(self.downdelay_ms or 0, 0) or None
        self.updelay_ms = max(self.updelay_ms or 0, 0) or None


class ArpMonitor(Element, kw_only=True):
    """<arpmon>: a host is asked for its address, every `interval_ms`."""

    interval_ms: Annotated[Needed[Int], Name("interval")]
    target: Needed[str]
    validate: Attr[Literal["active", "backup", "all"]] = None


class Bond(Element):
    """<bond>: several interfaces as one."""

    mode: Attr[
        Literal[
            "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
            "balance-alb",
        ]
    ] = None  # fmt: skip
    miimon: Child[LinkMonitor] = None
    arpmon: Child[ArpMonitor] = None
    interfaces: Annotated[Children[HostInterface], Name("interface")] = field(default_factory=list)

    def defaults(self) -> None:
        """One monitor is enough; addresses are the bond's own."""
        if self.miimon:
            self.arpmon = None
        for interface in self.interfaces:
            interface.start = interface.mtu = None
            interface.protocols = []


class VlanDevice(Element, kw_only=True):
    """<interface> of a VLAN: what carries its packets."""

    name: Needed[str]


class HostVlan(Element, kw_only=True):
    """<vlan>: one VLAN of another interface."""

    tag: Needed[str]
    interface: Section[VlanDevice]


class HostInterface(Element, kw_only=True):
    """<interface>."""

    type: Needed[Literal["ethernet", "bridge", "bond", "vlan"]]
    name: Needed[str]
    start: Child[Start] = None
    mtu: Child[HostMtu] = None
    protocols: Annotated[Children[Protocol], Name("protocol")] = field(default_factory=list)
    link: Child[HostLink] = None
    mac: Child[HostMac] = None
    bridge: Child[HostBridge] = None
    bond: Child[Bond] = None
    vlan: Child[HostVlan] = None

    def defaults(self) -> None:
        """What says nothing, or is of another type, goes."""
        for name in _FOREIGN_PARTS[self.type]:
            setattr(self, name, None)
        if self.start and self.start.mode is None:
            self.start = None
        if self.mtu and not self.mtu.size_bytes:
            self.mtu = None
        if self.link and self.link.speed_mbps is None and self.link.state is None:
            self.link = None
        if self.mac and self.mac.address is None:
            self.mac = None

    def problems(self) -> Iterator[str]:
        """The type's own element is there, and holds what it can be made of."""
        if self.type != "ethernet" and getattr(self, self.type) is None:
            yield f"type '{self.type}' needs a <{self.type}>"
        made_of = self.bridge or self.bond
        for interface in made_of.interfaces if made_of else ():
            if interface.type not in _WITHIN.get(self.type, ()):
                yield f"a {self.type} cannot be made of a {interface.type}"


INTERFACE = Document("interface", HostInterface)
