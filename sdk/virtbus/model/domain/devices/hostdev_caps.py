"""<hostdev mode='capabilities'>: what a container may use of its host."""

from typing import Annotated, Literal

from msgspec import field

from ...engine.declare import Child, Children, Element, Name, Needed, NeededValue, Section
from ...net.addresses import InterfaceIp, Route
from .address import Address
from .common import Acpi, Alias, BootOrder, Rom
from .hostdev import Hostdev


class StorageCapabilitySource(Element, kw_only=True):
    """<source> of a block device."""

    block: NeededValue[str]


class StorageCapability(Hostdev, kw_only=True):
    """A block device of the host."""

    mode: Needed[Literal["capabilities"]]
    type: Needed[Literal["storage"]] = "storage"
    source: Section[StorageCapabilitySource]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class MiscCapabilitySource(Element, kw_only=True):
    """<source> of a character device."""

    char: NeededValue[str]


class MiscCapability(Hostdev, kw_only=True):
    """A character device of the host."""

    mode: Needed[Literal["capabilities"]]
    type: Needed[Literal["misc"]] = "misc"
    source: Section[MiscCapabilitySource]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class NetCapabilitySource(Element, kw_only=True):
    """<source> of a network interface."""

    interface: NeededValue[str]


class NetCapability(Hostdev, kw_only=True):
    """A network interface of the host, moved into the container."""

    mode: Needed[Literal["capabilities"]]
    type: Needed[Literal["net"]] = "net"
    source: Section[NetCapabilitySource]
    ips: Annotated[Children[InterfaceIp], Name("ip")] = field(default_factory=list)
    routes: Annotated[Children[Route], Name("route")] = field(default_factory=list)
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
