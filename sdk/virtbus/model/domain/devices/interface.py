"""<interface>: network cards, and what they are plugged into."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...engine.declare import Attr, Child, Children, Element, Name, Needed
from ...engine.values import YesNo
from ...net.addresses import InterfaceIp, Route
from ...net.bandwidth import Bandwidth
from ...net.filterref import FilterRef
from ...net.virtualport import PortOptions, VirtualPort, made_parameters
from ...net.vlan import Vlan
from .address import Address
from .common import Acpi, Alias, BootOrder, Rom, Teaming
from .interface_parts import (
    VIRTIO_MODELS,
    BackendDomain,
    Coalesce,
    InterfaceBackend,
    InterfaceDriver,
    InterfaceGuest,
    InterfaceMac,
    InterfaceModel,
    InterfaceTarget,
    Link,
    Mtu,
    PortForward,
    Script,
    Tune,
)
from .interface_source import SOURCE_NEEDS, InterfaceSource, drop_foreign

InterfaceType: TypeAlias = Literal[
    "user", "ethernet", "vhostuser", "server", "client", "mcast", "network", "bridge", "internal",
    "direct", "hostdev", "udp", "vdpa", "null", "vds",
]  # fmt: skip
_VIRTIO_OPTIONS = ("iommu", "ats", "packed", "page_per_vq")
_HOST_DRIVER = ("name", "model")
_PASST_TYPES = ("user", "vhostuser")
_FILTERED_TYPES = ("network", "bridge", "ethernet")
_SWITCHED_TYPES = ("network", "bridge", "direct", "hostdev")


class Interface(Element, kw_only=True):
    """<interface>."""

    type: Needed[InterfaceType] = "user"
    managed: Attr[YesNo] = None
    trust_guest_rx_filters: Annotated[Attr[YesNo], Name("trustGuestRxFilters")] = None
    mac: Child[InterfaceMac] = None
    source: Child[InterfaceSource] = None
    vlan: Child[Vlan] = None
    virtualport: Child[VirtualPort] = None
    bandwidth: Child[Bandwidth] = None
    port: Child[PortOptions] = None
    ips: Annotated[Children[InterfaceIp], Name("ip")] = field(default_factory=list)
    routes: Annotated[Children[Route], Name("route")] = field(default_factory=list)
    port_forwards: Annotated[Children[PortForward], Name("portForward")] = field(
        default_factory=list
    )
    script: Child[Script] = None
    downscript: Child[Script] = None
    backend_domain: Annotated[Child[BackendDomain], Name("backenddomain")] = None
    target: Child[InterfaceTarget] = None
    guest: Child[InterfaceGuest] = None
    model: Child[InterfaceModel] = None
    driver: Child[InterfaceDriver] = None
    backend: Child[InterfaceBackend] = None
    filterref: Child[FilterRef] = None
    tune: Child[Tune] = None
    teaming: Child[Teaming] = None
    link: Child[Link] = None
    mtu: Child[Mtu] = None
    coalesce: Child[Coalesce] = None
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    @property
    def is_virtio(self) -> bool:
        """Whether the card is one of virtio's."""
        return self.model is not None and self.model.type in VIRTIO_MODELS

    @property
    def is_passt(self) -> bool:
        """Whether passt carries the packets."""
        return self.backend is not None and self.backend.type == "passt"

    def defaults(self) -> None:
        """What its type has always, and nothing it has no use for."""
        self._source_defaults()
        self._driver_defaults()
        if self.type != "hostdev":
            self.managed = None
        self.managed = self.managed or None
        if self.type not in _FILTERED_TYPES:
            self.filterref = None
        if self.backend is not None:
            self._backend_defaults(self.backend)
        if self.coalesce is not None and not self.coalesce.max_frames():
            self.coalesce = None
        if self.mtu is not None and not self.mtu.size_bytes:
            self.mtu = None
        for name, what in (("script", "path"), ("downscript", "path"), ("backend_domain", "name")):
            if getattr(self, name) is not None and getattr(getattr(self, name), what) is None:
                setattr(self, name, None)

    def _source_defaults(self) -> None:
        source = self.source
        if source is None:
            return
        if self.type == "direct":
            source.mode = source.mode or "vepa"
        elif self.type == "vhostuser" and not self.is_passt:
            source.type = "unix"
            source.mode = source.mode or "client"
            if source.reconnect and source.reconnect.enabled is None:
                source.reconnect = None
        elif self.type == "vhostuser":
            source.type = source.path = source.mode = source.reconnect = None
        drop_foreign(source, self.type)
        if source.empty():
            self.source = None

    def _driver_defaults(self) -> None:
        """A driver's options are those of virtio cards, or of the host's driver."""
        driver = self.driver
        if driver is None:
            return
        if driver.queues in (0, 1):
            driver.queues = None
        kept: tuple[str, ...] = _VIRTIO_OPTIONS
        if self.type == "hostdev":
            kept += _HOST_DRIVER
        elif self.is_virtio:
            driver.model = None
            return
        for name in driver.__struct_fields__:
            if name not in (*kept, *Element.__struct_fields__):
                setattr(driver, name, None)
        if not any(getattr(driver, name) is not None for name in kept):
            self.driver = None

    def _backend_defaults(self, backend: InterfaceBackend) -> None:
        if backend.type == "default":
            backend.type = None
        if self.type == "hostdev" or not self.is_virtio:
            backend.vhost = None
        if not (backend.type or backend.tap or backend.vhost or backend.log_file):
            self.backend = None

    def problems(self) -> Iterator[str]:
        """The source fits the type, and the rest what the type can do."""
        if self.mac and int(self.mac.address[:2], 16) & 1:
            yield f"MAC address {self.mac.address} is a multicast address"
        yield from self._source_problems()
        yield from self._port_problems()
        yield from self._passt_problems()
        if self.teaming:
            if self.teaming.type == "transient" and not self.teaming.persistent:
                yield "teaming of type 'transient' needs the alias of the persistent card"
            elif self.teaming.type == "persistent" and self.teaming.persistent:
                yield "teaming of type 'persistent' names no other card"
        if not self.is_virtio and self.model and self.model.type and self.driver:
            for name in _VIRTIO_OPTIONS:
                if getattr(self.driver, name) is not None:
                    yield f"driver option '{name}' is for virtio cards"

    def _source_problems(self) -> Iterator[str]:
        source = self.source or InterfaceSource()
        for name in SOURCE_NEEDS.get(self.type, ()):
            if getattr(source, name) in (None, ""):
                yield f"type '{self.type}' needs a source with '{name}'"
        if self.type == "hostdev" and not (source.host_address or source.vendor):
            yield "type 'hostdev' needs a source with an address"
        if (source.ips or source.routes) and self.type != "ethernet":
            yield "addresses of the host's end are for type 'ethernet'"
        if self.type == "direct" and source.mode in ("client", "server"):
            yield f"mode '{source.mode}' is not one of type 'direct'"
        if self.type == "vhostuser" and source.mode not in (None, "client", "server"):
            yield f"mode '{source.mode}' is not one of type 'vhostuser'"
        if self.target and self.target.managed is False and self.type != "ethernet":
            yield "an unmanaged target is for type 'ethernet'"

    def _port_problems(self) -> Iterator[str]:
        """The port of the switch: what is set, and what is missing."""
        port = self.virtualport
        if port is not None:
            if self.type not in _SWITCHED_TYPES:
                yield f"type '{self.type}' takes no virtualport"
            elif self.type != "network":
                if port.type is None:
                    yield f"the virtualport of type '{self.type}' needs a type"
                for name in port.missing():
                    if name not in made_parameters(port.type):
                        yield f"the virtualport lacks '{name}'"
        if self.port and self.port.isolated:
            if self.type not in ("network", "bridge"):
                yield f"a port of type '{self.type}' cannot be isolated"
            elif port and port.type:
                yield f"a port of a virtualport of type '{port.type}' cannot be isolated"
        inbound = self.bandwidth and self.bandwidth.inbound
        if inbound and inbound.floor is not None and self.type != "network":
            yield "bandwidth 'floor' is for type 'network'"
        if self.bandwidth and self.bandwidth.class_id is not None:
            yield "bandwidth 'classID' is for networks"

    def _passt_problems(self) -> Iterator[str]:
        passt = self.is_passt
        if passt and self.type not in _PASST_TYPES:
            yield "backend 'passt' is for types 'user' and 'vhostuser'"
        if self.type in _PASST_TYPES and self.source and self.source.dev and not passt:
            yield "a source device needs backend 'passt'"
        if self.port_forwards and not (passt and self.type in _PASST_TYPES):
            yield "<portForward> needs backend 'passt'"
        for forward in self.port_forwards:
            for each in forward.ranges:
                if not each.start and (each.end or each.to or each.exclude is not None):
                    yield "a range needs a 'start'"
