"""PCI addresses for a whole guest, and the controllers they need.

Two passes, as libvirt does it: the first finds out, without writing a place down, how many
buses are needed, and adds their controllers; the second gives every device its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..devices import Devices
from ..devices.address import PciAddress, PciPlace, is_pci_open
from ..devices.controller import PCI_ROOTS, USB2_MODELS, Controller
from ..devices.order import insert_controller
from .pci_bus import CONVENTIONAL, EXPRESS, UPSTREAM, Connect
from .pci_set import PciBuses, PciTraits
from .placed import Addressed, Placed, all_placed, of_kind

FAMILIES = (
    "pci controller", "filesystem", "interface", "sound", "other controller", "disk", "hostdev",
    "memballoon", "rng", "watchdog", "video", "shmem", "input", "serial", "iommu", "vsock",
    "memory", "crypto", "panic", "pstore",
)  # fmt: skip
"""The order in which families of devices are given places (qemuDomainAssignDevicePCISlots)."""

_USB2_FUNCTIONS = {"ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2, "ich9-ehci1": 7}


class PciMachine(NamedTuple):
    """A machine as far as PCI addresses depend on it."""

    has_pci: bool
    """Whether devices are given places on PCI at all."""
    traits: PciTraits
    connect: Callable[[Placed], Connect]
    """How a device is connected; no flag for one that is not on PCI."""
    chipset: Callable[[Devices, PciBuses], None]
    """Takes the places of what is built in, and those that devices have by tradition."""
    is_built_in: Callable[[Placed], bool]
    """Whether the chipset step, not the document, takes the place of that device."""
    group: Callable[[Placed], int]
    """The isolation group of a device; 0 when it may sit with any other."""


def assign_pci(devices: Devices, machine: PciMachine) -> None:
    """Give every device that wants one a place on PCI; raises InvalidDocument.

    Controllers for buses that are missing are added. Without any PCI controller a device
    that wants to be on PCI is refused.
    """
    controllers = [c for c in devices.controllers if c.type == "pci"]
    last = max((c.index or 0 for c in controllers), default=-1)
    count = last + 1
    if count and not _is_settled(devices, machine, last):
        count = _count_buses(devices, machine, last)
    buses = _collected(devices, machine, count, growing=False)
    if not machine.has_pci:
        return
    machine.chipset(devices, buses)
    _give_all(devices, machine, buses)
    _mark_shared_slots(devices)


def _is_settled(devices: Devices, machine: PciMachine, last: int) -> bool:
    """Whether all buses up to the last are there, and all devices have places on them."""
    indexes = {c.index for c in devices.controllers if c.type == "pci"}
    if last == 0 or len(indexes) != last + 1:
        return False
    for placed in all_placed(devices):
        address = placed.device.address
        if is_pci_open(address):
            if machine.connect(placed):
                return False
        elif isinstance(address, PciAddress) and (address.bus or 0) > last:
            return False
    return True


def _count_buses(devices: Devices, machine: PciMachine, last: int) -> int:
    """Add the controllers that will be needed; how many buses there are with them."""
    buses = _collected(devices, machine, last + 1, growing=True)
    machine.chipset(devices, buses)
    root = buses.buses[0].model
    if root == "pci-root" and not all(bus.is_full for bus in buses.buses):
        buses.next(CONVENTIONAL, "controller")  # room for a bridge, should one be wanted later
    _give_all(devices, machine, buses)
    if last == 0 and len(buses.buses) > 1 and root == "pcie-root":
        buses.next(EXPRESS, "controller")  # a port to plug one device into
    present = {c.index for c in devices.controllers if c.type == "pci"}
    index = 1
    while index < len(buses.buses):
        if index not in present:
            model = buses.buses[index].model
            insert_controller(devices.controllers, Controller(type="pci", index=index, model=model))
            if model not in PCI_ROOTS:
                buses.next(UPSTREAM[model], "controller")
        index += 1
    return len(buses.buses)


def _collected(devices: Devices, machine: PciMachine, count: int, *, growing: bool) -> PciBuses:
    """The buses with every place taken that the document names."""
    buses = PciBuses(devices.controllers, machine.traits, count=count, growing=growing)
    if buses.buses and machine.traits.spread_over_roots:
        buses.buses[0].group_is_fixed = True
    for placed in all_placed(devices):
        kind, device = placed
        address = device.address
        if not isinstance(address, PciAddress) or address.is_open or machine.is_built_in(placed):
            continue
        connect = machine.connect(placed) or Connect.PCI
        place = buses.reserve(
            address.place, connect, kind, address.line or device.line, machine.group(placed)
        )
        if place != address.place:
            address.take(place)
    return buses


def _give_all(devices: Devices, machine: PciMachine, buses: PciBuses) -> None:
    for placed in _in_turn(devices):
        device = placed.device
        if not is_pci_open(device.address):
            continue
        connect = machine.connect(placed)
        if not connect:
            continue
        if isinstance(device, Controller) and _is_usb2(device):
            _give_companion(devices, device, buses, connect)
        else:
            give(device, placed.kind, buses, connect, group=machine.group(placed))


def _in_turn(devices: Devices) -> Iterator[Placed]:
    for family in FAMILIES:
        if family == "pci controller":
            yield from (Placed("controller", c) for c in devices.controllers if c.type == "pci")
        elif family == "other controller":
            yield from (Placed("controller", c) for c in devices.controllers if c.type != "pci")
        elif family == "interface":
            yield from _interfaces(devices, of_host=False)
        else:
            if family == "hostdev":
                yield from _interfaces(devices, of_host=True)
            yield from (Placed(family, d) for d in of_kind(devices, family))


def _interfaces(devices: Devices, *, of_host: bool) -> Iterator[Placed]:
    """Interfaces that are host devices wait with those."""
    for interface in devices.interfaces:
        if (interface.type == "hostdev") is of_host:
            yield Placed("interface", interface)


def give(
    device: Addressed,
    kind: str,
    buses: PciBuses,
    connect: Connect,
    *,
    group: int = 0,
    function: int | None = None,
) -> None:
    """The next free place for a device; while buses are counted nothing is written down."""
    place = buses.next(connect, kind, group=group, function=function)
    if not buses.growing:
        write(device, place)


def write(device: Addressed, place: PciPlace, *, multifunction: bool | None = None) -> None:
    """Put a place into a device; what else its address says stays."""
    if not isinstance(device.address, PciAddress):
        device.address = PciAddress()
    device.address.take(place)
    if multifunction is not None:
        device.address.multifunction = multifunction


def _is_usb2(controller: Controller) -> bool:
    return controller.type == "usb" and controller.model in USB2_MODELS


def _give_companion(
    devices: Devices, controller: Controller, buses: PciBuses, connect: Connect
) -> None:
    """A USB 2 controller and its companions are functions of one slot."""
    function = _USB2_FUNCTIONS[controller.model or ""]
    multifunction = True if function == 0 else None
    for other in devices.controllers:
        address = other.address
        together = _is_usb2(other) and other.index == controller.index
        if together and isinstance(address, PciAddress) and not address.is_open:
            place = address.place._replace(function=function)
            buses.reserve(place, connect, "controller", controller.line)
            write(controller, place, multifunction=multifunction)
            return
    give(controller, "controller", buses, connect, function=function)
    if multifunction and isinstance(controller.address, PciAddress):
        controller.address.multifunction = True


def _mark_shared_slots(devices: Devices) -> None:
    """Function 0 of a slot with more functions says that there are more."""
    shared: set[tuple[int, int, int]] = set()
    firsts: list[PciAddress] = []
    for _, device in all_placed(devices):
        address = device.address
        if isinstance(address, PciAddress) and not address.is_open:
            bus, slot, function, domain = address.place
            if function:
                shared.add((domain, bus, slot))
            else:
                firsts.append(address)
    for address in firsts:
        bus, slot, _, domain = address.place
        if (domain, bus, slot) in shared and address.multifunction is None:
            address.multifunction = True
