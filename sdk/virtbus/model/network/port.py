"""<networkport>: one card of a guest, plugged into a network."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ..engine.declare import Attr, Child, Element, Name, NeededValue, Section, Value
from ..engine.document import Document
from ..engine.values import Uuid, YesNo
from ..net.bandwidth import Bandwidth
from ..net.owner import Owner, OwnMac
from ..net.pci import PciDriver, PciPlace
from ..net.virtualport import PortOptions, VirtualPort
from ..net.vlan import Vlan


class ReceiveFilters(Element):
    """<rxfilters>: whether the guest may say which packets it wants."""

    trust_guest: Annotated[Attr[YesNo], Name("trustGuest")] = None


class Plug(Element):
    """<plug>: what the card is plugged into, by `type`."""

    type: Attr[Literal["none", "network", "bridge", "direct", "hostdev-pci"]] = None
    bridge: Attr[str] = None
    mac_table_manager: Annotated[Attr[Literal["kernel", "libvirt"]], Name("macTableManager")] = None
    dev: Attr[str] = None
    mode: Attr[Literal["vepa", "private", "bridge", "passthrough"]] = None
    managed: Attr[YesNo] = None
    driver: Child[PciDriver] = None
    address: Child[PciPlace] = None

    def defaults(self) -> None:
        """What does not belong to the type goes."""
        if self.type not in ("network", "bridge"):
            self.bridge = self.mac_table_manager = None
        if self.type == "direct":
            self.mode = self.mode or "vepa"
        else:
            self.dev = self.mode = None
        if self.type == "hostdev-pci":
            self._host_device()
        else:
            self.managed = self.driver = self.address = None

    def _host_device(self) -> None:
        if self.address:
            self.address.type = None
        if self.driver and self.driver.says_nothing:
            self.driver = None

    def problems(self) -> Iterator[str]:
        """Each type says where."""
        if self.type in ("network", "bridge") and self.bridge is None:
            yield f"type '{self.type}' needs a 'bridge'"
        if self.type == "direct" and self.dev is None:
            yield "type 'direct' needs a 'dev'"
        if self.type == "hostdev-pci" and self.address is None:
            yield "type 'hostdev-pci' needs an <address>"


class NetworkPort(Element, kw_only=True):
    """<networkport>."""

    uuid: NeededValue[Uuid]
    owner: Section[Owner]
    group: Value[str] = None
    mac: Section[OwnMac]
    virtualport: Child[VirtualPort] = None
    bandwidth: Child[Bandwidth] = None
    vlan: Child[Vlan] = None
    port: Child[PortOptions] = None
    rxfilters: Child[ReceiveFilters] = None
    plug: Child[Plug] = None

    def defaults(self) -> None:
        """What says nothing goes."""
        if self.virtualport and self.virtualport.says_nothing:
            self.virtualport = None
        if self.bandwidth and self.bandwidth.says_nothing:
            self.bandwidth = None
        if self.port and self.port.isolated is None:
            self.port = None
        if self.rxfilters and self.rxfilters.trust_guest is None:
            self.rxfilters = None
        if self.plug and self.plug.type in (None, "none"):
            self.plug = None


NETWORK_PORT = Document("networkport", NetworkPort)
