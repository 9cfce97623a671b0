"""<interface>: network cards, and what they are plugged into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self, TypeAlias

from ...engine.declare import Attr, Child, Element, Needed
from ...engine.values import Mac, Positive, YesNo
from .address import Address
from .common import Alias, BootOrder, Queues, Rom

InterfaceType: TypeAlias = Literal[
    "user", "ethernet", "vhostuser", "server", "client", "mcast", "udp", "network", "bridge",
    "internal", "direct", "hostdev", "vdpa", "null", "vds",
]  # fmt: skip
GENERATED_PREFIXES = ("vnet", "vif", "macvtap", "macvlan")
"""A target device so named was made at start and is no part of the definition."""


class InterfaceMac(Element, kw_only=True):
    """<mac>."""

    address: Needed[Mac]
    type: Attr[Literal["generated", "static"]] = None
    check: Attr[YesNo] = None


class InterfaceSource(Element):
    """<source>: the network, bridge or host device."""

    network: Attr[str] = None
    portgroup: Attr[str] = None
    bridge: Attr[str] = None
    dev: Attr[str] = None
    mode: Attr[str] = None


class InterfaceTarget(Element):
    """<target>: the host's end of the cable."""

    dev: Attr[str] = None
    managed: Attr[YesNo] = None

    def inactive(self) -> Self | None:
        """A host device made at start goes."""
        if self.managed is not False and (self.dev or "").startswith(GENERATED_PREFIXES):
            return None
        return self


class InterfaceModel(Element, kw_only=True):
    """<model>: the card the guest sees."""

    type: Needed[str]


class InterfaceDriver(Element):
    """<driver>: how packets pass between guest and host."""

    name: Attr[Literal["qemu", "vhost"]] = None
    queues: Attr[Queues] = None


class Link(Element, kw_only=True):
    """<link>: whether the cable is in."""

    state: Needed[Literal["up", "down"]]


class Mtu(Element, kw_only=True):
    """<mtu>: the largest packet in bytes."""

    size: Needed[Positive]


class Interface(Element, kw_only=True):
    """<interface>."""

    type: Needed[InterfaceType]
    mac: Child[InterfaceMac] = None
    source: Child[InterfaceSource] = None
    target: Child[InterfaceTarget] = None
    model: Child[InterfaceModel] = None
    driver: Child[InterfaceDriver] = None
    link: Child[Link] = None
    mtu: Child[Mtu] = None
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """The source fits the type; the address is a card's own."""
        need = {"bridge": "bridge", "network": "network", "direct": "dev"}.get(self.type)
        if need and not (self.source and getattr(self.source, need)):
            yield f"type '{self.type}' needs a source with '{need}'"
        if self.mac and int(self.mac.address[:2], 16) & 1:
            yield f"MAC address {self.mac.address} is a multicast address"
