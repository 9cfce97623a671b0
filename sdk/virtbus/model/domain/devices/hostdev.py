"""<hostdev>: a device of the host, given to the guest; one class for each kind."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from msgspec import field

from ...engine.declare import LIVE, Attr, Child, Children, Element, Flag, Name, Needed, Section
from ...engine.values import AnyBase, Hex, OnOff, Uuid, YesNo
from ...host_address import HostPciAddress
from ...source.access import Auth, Initiator
from ...source.network import SourceHost
from .address import Address
from .common import Acpi, Alias, BootOrder, Rom, Teaming

HostdevType: TypeAlias = Literal[
    "usb", "pci", "scsi", "scsi_host", "mdev", "storage", "misc", "net"
]
StartupPolicy: TypeAlias = Literal["mandatory", "requisite", "optional"]
ShownId: TypeAlias = Annotated[int, Hex(0xFFFFFFFF, 4)]
Number: TypeAlias = Annotated[int, AnyBase(2**32 - 1)]
BigNumber: TypeAlias = Annotated[int, AnyBase(2**64 - 1)]
WWPN_PREFIX, WWPN_DIGITS = "naa.", 16


class Hostdev(Element, kw_only=True):
    """<hostdev>; the subclass follows from `type`."""

    CHOSEN_BY = "type"
    ADDRESSES: ClassVar[tuple[str, ...]] = ()
    """The types of address the device may have in the guest; () is any."""

    mode: Needed[Literal["subsystem", "capabilities"]] = "subsystem"
    type: Needed[HostdevType]

    def problems(self) -> Iterator[str]:
        """The guest's address fits the kind of device; SCSI's attributes are SCSI's."""
        for name, _ in self.ignored:
            if name in ("@sgio", "@rawio"):
                yield f"type '{self.type}' has no '{name[1:]}'"
        address: Address | None = getattr(self, "address", None)
        if self.ADDRESSES and address is not None and address.type not in self.ADDRESSES:
            yield f"type '{self.type}' needs an address of type {' or '.join(self.ADDRESSES)}"


class PciHostDriver(Element):
    """<driver>: which of the host's drivers hands the device over."""

    MAY_BE_EMPTY = False

    name: Attr[Literal["kvm", "vfio", "xen"]] = None
    model: Attr[str] = None


class PciHostSource(Element):
    """<source> of a PCI device."""

    write_filtering: Annotated[Attr[YesNo], Name("writeFiltering")] = None
    address: Section[HostPciAddress] = field(default_factory=HostPciAddress)


class PciHostdev(Hostdev, kw_only=True):
    """A PCI device of the host. `managed`: taken from its host driver, and given back."""

    ADDRESSES = ("pci", "unassigned")

    mode: Needed[Literal["subsystem"]] = "subsystem"
    type: Needed[Literal["pci"]] = "pci"
    managed: Needed[YesNo] = False
    display: Attr[OnOff] = None
    ramfb: Attr[OnOff] = None
    driver: Child[PciHostDriver] = None
    source: Section[PciHostSource]
    teaming: Child[Teaming] = None
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """A card that goes away names the one that stays."""
        yield from super().problems()
        if self.teaming is not None and self.teaming.type != "transient":
            yield "teaming of a host device has type 'transient'"
        if self.teaming is not None and not self.teaming.persistent:
            yield "teaming needs 'persistent'"


class UsbId(Element, kw_only=True):
    """<vendor> or <product>: a number of the USB device's descriptor."""

    id: Needed[ShownId]


class UsbPlace(Element, kw_only=True):
    """<address>: the bus and the number that the host gave the device on it."""

    bus: Needed[Number]
    device: Needed[Number]


class UsbHostSource(Element):
    """<source> of a USB device: what it is, where it is, or both."""

    startup_policy: Annotated[Attr[StartupPolicy], Name("startupPolicy")] = None
    missing: Annotated[Attr[YesNo], LIVE] = None
    guest_reset: Annotated[Attr[Literal["off", "uninitialized", "on"]], Name("guestReset")] = None
    vendor: Child[UsbId] = None
    product: Child[UsbId] = None
    address: Child[UsbPlace] = None

    def defaults(self) -> None:
        """Bus 0 and device 0 are no place."""
        if self.address is not None and not self.address.bus and not self.address.device:
            self.address = None

    def problems(self) -> Iterator[str]:
        """The device is named by vendor and product, by its place, or by both."""
        if (self.vendor is None) != (self.product is None):
            yield "<vendor> and <product> go together"
        if self.vendor is not None and self.vendor.id == 0:
            yield "a vendor's id is not 0"
        if self.vendor is None and self.address is None:
            yield "name the device by <vendor> and <product>, or by <address>"


class UsbHostdev(Hostdev, kw_only=True):
    """A USB device of the host."""

    ADDRESSES = ("usb",)

    mode: Needed[Literal["subsystem"]] = "subsystem"
    type: Needed[Literal["usb"]] = "usb"
    managed: Needed[YesNo] = False
    source: Section[UsbHostSource]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class ScsiAdapter(Element, kw_only=True):
    """<adapter>: a SCSI adapter of the host, as scsi_host0."""

    name: Needed[str]


class ScsiPlace(Element, kw_only=True):
    """<address>: where on the adapter."""

    bus: Needed[Number]
    target: Needed[Number]
    unit: Needed[BigNumber]


class ScsiHostSource(Element):
    """<source> of a SCSI device: on an adapter of the host, or behind an iSCSI portal."""

    protocol: Attr[Literal["adapter", "iscsi"]] = None
    name: Attr[str] = None
    adapter: Child[ScsiAdapter] = None
    address: Child[ScsiPlace] = None
    hosts: Annotated[Children[SourceHost], Name("host")] = field(default_factory=list)
    auth: Child[Auth] = None
    initiator: Child[Initiator] = None

    def defaults(self) -> None:
        """An adapter is what is meant when nothing is said; without a unit it is the first."""
        if self.protocol == "iscsi":
            self.adapter = self.address = None
            if self.name and "/" not in self.name:
                self.name += "/0"
            if self.initiator is not None and self.initiator.iqn is None:
                self.initiator = None
        else:
            self.protocol = self.name = self.auth = self.initiator = None
            self.hosts = []

    def problems(self) -> Iterator[str]:
        """Each protocol has what it needs."""
        if self.protocol != "iscsi":
            if self.adapter is None or self.address is None:
                yield "a SCSI device needs <adapter> and <address>"
            return
        if not self.name:
            yield "an iSCSI device needs a 'name'"
        if len(self.hosts) != 1 or not self.hosts[0].name:
            yield "an iSCSI device needs one <host> with a 'name'"
        if self.auth is not None and self.auth.secret and self.auth.secret.type != "iscsi":
            yield "the secret of an iSCSI device has type 'iscsi'"


class ScsiHostdev(Hostdev, kw_only=True):
    """A SCSI device of the host, with all its commands."""

    ADDRESSES = ("drive",)

    mode: Needed[Literal["subsystem"]] = "subsystem"
    type: Needed[Literal["scsi"]] = "scsi"
    managed: Needed[YesNo] = False
    sgio: Attr[Literal["filtered", "unfiltered"]] = None
    rawio: Attr[YesNo] = None
    source: Section[ScsiHostSource]
    readonly: Flag = False
    shareable: Flag = False
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """Linux no longer has unfiltered commands for those without the right to them."""
        yield from super().problems()
        if self.sgio == "unfiltered":
            yield "sgio 'unfiltered' no longer exists"


class VhostScsiSource(Element, kw_only=True):
    """<source> of a SCSI target in the host's kernel."""

    protocol: Needed[Literal["vhost"]]
    wwpn: Needed[str]

    def problems(self) -> Iterator[str]:
        """The name of a port: naa. and 16 hexadecimal digits."""
        digits = self.wwpn.removeprefix(WWPN_PREFIX)
        is_hex = all(digit in "0123456789abcdefABCDEF" for digit in digits)
        if digits == self.wwpn or len(digits) != WWPN_DIGITS or not is_hex:
            yield f"expected 'naa.' and {WWPN_DIGITS} hexadecimal digits, not '{self.wwpn[:60]}'"


class VhostScsiHostdev(Hostdev, kw_only=True):
    """A SCSI target in the host's kernel, through vhost-scsi."""

    ADDRESSES = ("pci", "ccw")

    mode: Needed[Literal["subsystem"]] = "subsystem"
    type: Needed[Literal["scsi_host"]] = "scsi_host"
    managed: Needed[YesNo] = False
    model: Attr[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]] = None
    source: Section[VhostScsiSource]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class MdevAddress(Element, kw_only=True):
    """<address>: the mediated device's UUID."""

    uuid: Needed[Uuid]


class MdevSource(Element, kw_only=True):
    """<source> of a mediated device."""

    address: Section[MdevAddress]


class MdevHostdev(Hostdev, kw_only=True):
    """A mediated device: a slice of a device that its host driver shares out."""

    mode: Needed[Literal["subsystem"]] = "subsystem"
    type: Needed[Literal["mdev"]] = "mdev"
    managed: Needed[YesNo] = False
    model: Needed[Literal["vfio-pci", "vfio-ccw", "vfio-ap"]]
    display: Attr[OnOff] = None
    ramfb: Attr[OnOff] = None
    source: Section[MdevSource]
    boot: Child[BootOrder] = None
    alias: Child[Alias] = None
    rom: Child[Rom] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """The guest's address is of the model's bus."""
        wanted = {"vfio-pci": "pci", "vfio-ccw": "ccw"}.get(self.model)
        if wanted and self.address is not None and self.address.type != wanted:
            yield f"model '{self.model}' needs an address of type '{wanted}'"
