"""<controller>: what disks, serial ports, USB and PCI devices hang on."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed, Size, Value
from ...engine.values import Hex, Integer, OnOff, UInt, ULong, Unit
from .address import Address
from .common import Acpi, Alias
from .iothreads import IothreadMapping

ControllerType: TypeAlias = Literal[
    "ide", "fdc", "scsi", "sata", "virtio-serial", "ccid", "usb", "pci", "xenbus", "isa", "nvme"
]
Count: TypeAlias = Annotated[int, Integer(0, 2**31 - 1)]
Number: TypeAlias = Annotated[int, Hex(2**31 - 1, 1)]

MODELS: dict[str, tuple[str, ...]] = {
    "ide": ("piix3", "piix4", "ich6"),
    "scsi": (
        "auto", "buslogic", "lsilogic", "lsisas1068", "vmpvscsi", "ibmvscsi", "virtio-scsi",
        "lsisas1078", "virtio-transitional", "virtio-non-transitional", "ncr53c90", "dc390",
        "am53c974",
    ),
    "virtio-serial": ("virtio", "virtio-transitional", "virtio-non-transitional"),
    "usb": (
        "piix3-uhci", "piix4-uhci", "ehci", "ich9-ehci1", "ich9-uhci1", "ich9-uhci2",
        "ich9-uhci3", "vt82c686b-uhci", "pci-ohci", "nec-xhci", "qusb1", "qusb2", "qemu-xhci",
        "none",
    ),
    "pci": (
        "pci-root", "pcie-root", "pci-bridge", "dmi-to-pci-bridge", "pcie-to-pci-bridge",
        "pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port",
        "pci-expander-bus", "pcie-expander-bus",
    ),
}  # fmt: skip
"""The models of each type; a type that is not here has none to choose from."""

PCI_MODEL_NAMES = (
    "none", "pci-bridge", "i82801b11-bridge", "ioh3420", "x3130-upstream", "xio3130-downstream",
    "pxb", "pxb-pcie", "pcie-root-port", "spapr-pci-host-bridge", "pcie-pci-bridge",
)  # fmt: skip
PCI_ROOTS = ("pci-root", "pcie-root")
COMPANION_PORTS = {"ich9-uhci1": 0, "ich9-uhci2": 2, "ich9-uhci3": 4}
"""The USB 1 companions of an ich9-ehci1, and the first of its ports each one shares."""
USB2_MODELS = ("ich9-ehci1", *COMPANION_PORTS)
_VIRTIO_SCSI = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")
_LAST_BUS = 255
_BOUNDS = (
    ("index", 0, 30), ("chassis_nr", 1, 255), ("chassis", 0, 255), ("port", 0, 255),
    ("bus_nr", 1, 254),
)  # fmt: skip


class ControllerDriver(Element):
    """<driver> of a controller."""

    MAY_BE_EMPTY = False

    queues: Attr[UInt] = None
    cmd_per_lun: Attr[UInt] = None
    max_sectors: Attr[UInt] = None
    ioeventfd: Attr[OnOff] = None
    iothread: Attr[UInt] = None
    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
    page_per_vq: Attr[OnOff] = None
    iothreads: Child[IothreadMapping] = None

    def defaults(self) -> None:
        """0 is none."""
        self.queues = self.queues or None
        self.cmd_per_lun = self.cmd_per_lun or None
        self.max_sectors = self.max_sectors or None
        self.iothread = self.iothread or None


class PciModel(Element):
    """<model>: the device that stands for a PCI bridge or root port."""

    name: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """Only the known ones."""
        if self.name is not None and self.name not in PCI_MODEL_NAMES:
            yield f"name: expected one of {', '.join(PCI_MODEL_NAMES)}, not '{self.name}'"


class PciTarget(Element):
    """<target>: numbers a guest sees of a PCI bridge or root port."""

    MAY_BE_EMPTY = False

    chassis_nr: Annotated[Attr[Count], Name("chassisNr")] = None
    chassis: Attr[Count] = None
    port: Attr[Number] = None
    bus_nr: Annotated[Attr[Count], Name("busNr")] = None
    index: Attr[Count] = None
    hotplug: Attr[OnOff] = None
    mem_reserve_kib: Annotated[Attr[ULong], Name("memReserve")] = None
    numa_node: Annotated[Value[Count], Name("node")] = None


class UsbMaster(Element, kw_only=True):
    """<master>: the first port of its USB 2 controller that a companion shares."""

    startport: Needed[UInt] = 0


class PciHole(Element, kw_only=True):
    """<pcihole64>: the room for PCI devices above 4 GiB."""

    size_kib: Annotated[Size, Unit("KiB", "KiB")]


class Controller(Element, kw_only=True):
    """<controller>. `index` is given by the defaults where the document has none."""

    type: Needed[ControllerType] = "ide"
    index: Attr[Count] = None
    model: Attr[str] = None
    ports: Attr[Count] = None
    vectors: Attr[Count] = None
    max_grant_frames: Annotated[Attr[Count], Name("maxGrantFrames")] = None
    max_event_channels: Annotated[Attr[Count], Name("maxEventChannels")] = None
    pci_model: Annotated[Child[PciModel], Name("model")] = None
    target: Child[PciTarget] = None
    driver: Child[ControllerDriver] = None
    alias: Child[Alias] = None
    master: Child[UsbMaster] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
    pcihole64: Child[PciHole] = None

    def defaults(self) -> None:
        """What a controller of its type does not have is dropped; companions know their port."""
        if self.type != "pci":
            self.pci_model = self.target = self.pcihole64 = None
        elif self.model not in PCI_ROOTS:
            self.pcihole64 = None
        if self.type not in ("virtio-serial", "usb"):
            self.ports = None
        if self.type != "virtio-serial":
            self.vectors = None
        if self.type != "xenbus":
            self.max_grant_frames = self.max_event_channels = None
        if self.type == "usb":
            self._usb_defaults()
        if self.pci_model is not None and self.pci_model.name in (None, "none"):
            self.pci_model = None

    def _usb_defaults(self) -> None:
        if self.model == "none":
            self.address = self.alias = self.master = None
        if self.model in COMPANION_PORTS and self.master is None:
            self.master = UsbMaster(startport=COMPANION_PORTS[self.model])

    def problems(self) -> Iterator[str]:
        """The model is one of its type's, numbers within bounds, threads for virtio-scsi."""
        if self.model is not None and self.model not in MODELS.get(self.type, ()):
            yield f"'{self.model}' is not a model of a controller of type '{self.type}'"
        driver = self.driver
        if driver is not None and (driver.iothread or driver.iothreads):
            if self.type != "scsi" or self.model not in _VIRTIO_SCSI:
                yield "threads are for virtio-scsi controllers only"
            if driver.iothread and driver.iothreads and driver.iothreads.threads:
                yield "'iothread' and <iothreads> exclude each other"
        if self.type == "pci":
            yield from self._pci_problems()

    def _pci_problems(self) -> Iterator[str]:
        index = self.index or 0
        if self.model in PCI_ROOTS and self.address is not None:
            yield f"a {self.model} has no address"
        if index > _LAST_BUS:
            yield f"index {index} is more than {_LAST_BUS}"
        target = self.target
        if target is None:
            return
        for name, low, high in _BOUNDS:
            value = getattr(target, name)
            if value is not None and not low <= value <= high:
                yield f"target: {name} {value} is not within {low}..{high}"
        if target.index is not None and (index == 0) != (target.index == 0):
            yield "target: index 0 is that of the controller with index 0, and of no other"
        if target.numa_node is not None and index == 0:
            yield "target: the controller with index 0 is on no node"
        if target.mem_reserve_kib == 0:
            yield "target: memReserve must be more than 0"
