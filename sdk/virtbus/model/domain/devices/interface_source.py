"""<source> of an interface: what the cable is plugged into on the host's side."""

from typing import Annotated, Literal, Self, TypeAlias

import msgspec
from msgspec import field

from ...engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed
from ...engine.values import Hex, Int, Integer, Uuid, YesNo
from ...net.addresses import InterfaceIp, Route
from .character_source import LineReconnect

HostNumber: TypeAlias = Annotated[int, Integer(-(2**63), 2**63 - 1)]


class HostAddress(Element, kw_only=True):
    """<address> of a host's network card that is handed over; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[Literal["pci", "usb"]]


class HostPciAddress(HostAddress, kw_only=True):
    """A card on the host's PCI bus."""

    type: Needed[Literal["pci"]] = "pci"
    domain: Needed[Annotated[int, Hex(0xFFFFFFFF, 4)]] = 0
    bus: Needed[Annotated[int, Hex(0xFF, 2)]] = 0
    slot: Needed[Annotated[int, Hex(0x1F, 2)]] = 0
    function: Needed[Annotated[int, Hex(7, 1)]] = 0


class HostUsbAddress(HostAddress, kw_only=True):
    """A card on the host's USB bus."""

    type: Needed[Literal["usb"]] = "usb"
    bus: Needed[Int]
    device: Needed[Int]


class HostUsbId(Element, kw_only=True):
    """<vendor>, <product>: the numbers that name a USB device."""

    id: Needed[Annotated[int, Hex(0xFFFF, 4)]]


class LocalEnd(Element, kw_only=True):
    """<local>: where datagrams are received, for type udp."""

    address: Needed[str]
    port: Needed[Int]


class InterfaceSource(Element):
    """<source>. What of it counts follows from the interface's type."""

    MAY_BE_EMPTY = False

    startup_policy: Annotated[
        Attr[Literal["mandatory", "requisite", "optional"]], Name("startupPolicy")
    ] = None
    write_filtering: Annotated[Attr[YesNo], Name("writeFiltering")] = None
    network: Attr[str] = None
    portgroup: Attr[str] = None
    type: Attr[Literal["unix"]] = None
    path: Attr[str] = None
    bridge: Attr[str] = None
    mac_table_manager: Annotated[
        Attr[Literal["kernel", "libvirt"]], Name("macTableManager"), LIVE
    ] = None
    dev: Attr[str] = None
    mode: Attr[Literal["vepa", "private", "bridge", "passthrough", "client", "server"]] = None
    address: Attr[str] = None
    port: Attr[Int] = None
    name: Attr[str] = None
    switchid: Attr[Uuid] = None
    portid: Attr[str] = None
    portgroupid: Attr[str] = None
    connectionid: Attr[HostNumber] = None
    local: Child[LocalEnd] = None
    reconnect: Child[LineReconnect] = None
    vendor: Child[HostUsbId] = None
    product: Child[HostUsbId] = None
    host_address: Annotated[Child[HostAddress], Name("address")] = None
    ips: Annotated[Children[InterfaceIp], Name("ip")] = field(default_factory=list)
    routes: Annotated[Children[Route], Name("route")] = field(default_factory=list)

    def inactive(self) -> Self:
        """A network's port is had at start; a switch's is chosen by the definition."""
        return msgspec.structs.replace(self, portid=None) if self.network else self

    def empty(self) -> bool:
        """Whether it says nothing."""
        return not any(getattr(self, name) for name in _FIELDS)


_FIELDS = frozenset(InterfaceSource.__struct_fields__) - {*Element.__struct_fields__}
_ENDS = frozenset({"ips", "routes"})
_SOCKET = frozenset({"address", "port"})
SOURCE_FIELDS: dict[str, frozenset[str]] = {
    "network": frozenset({"network", "portgroup", "portid"}),
    "bridge": frozenset({"bridge"}),
    "direct": frozenset({"dev", "mode"}),
    "vhostuser": frozenset({"type", "path", "mode", "reconnect", "dev"}),
    "user": frozenset({"dev"}),
    "vdpa": frozenset({"dev"}),
    "internal": frozenset({"name"}),
    "server": _SOCKET,
    "client": _SOCKET,
    "mcast": _SOCKET,
    "udp": _SOCKET | {"local"},
    "hostdev": frozenset(
        {"startup_policy", "write_filtering", "vendor", "product", "host_address"}
    ),
    "vds": frozenset({"switchid", "portid", "portgroupid", "connectionid"}),
}
SOURCE_NEEDS: dict[str, tuple[str, ...]] = {
    "network": ("network",),
    "bridge": ("bridge",),
    "direct": ("dev",),
    "vdpa": ("dev",),
    "internal": ("name",),
    "server": ("port",),
    "client": ("address", "port"),
    "mcast": ("address", "port"),
    "udp": ("address", "port", "local"),
    "vds": ("switchid",),
}


def drop_foreign(source: InterfaceSource, kind: str) -> None:
    """Leave in `source` what counts for an interface of this type, and both ends' addresses."""
    for name in _FIELDS - SOURCE_FIELDS.get(kind, frozenset()) - _ENDS:
        setattr(source, name, None)
