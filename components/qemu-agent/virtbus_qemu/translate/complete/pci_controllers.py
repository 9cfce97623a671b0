"""PCI controllers: the devices that stand for them, and the numbers a guest sees."""

from __future__ import annotations

from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import PciAddress, PciPlace
from virtbus.model.domain.devices.controller import Controller, PciModel, PciTarget

from ..machine import Board
from ..words import invalid

_NAMES = {
    "pci-bridge": "pci-bridge",
    "dmi-to-pci-bridge": "i82801b11-bridge",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pci-expander-bus": "pxb",
    "pcie-expander-bus": "pxb-pcie",
}
_MAX_HOST_BRIDGES = 32
_BUS_NUMBERS = 256
_BUSES_OF_EXPANDER = 2  # the expander's own, and the bridge that is part of it


def settle_pci_controllers(devices: Devices, board: Board) -> None:
    """Name and number every PCI controller. Raises InvalidDocument for a bridge out of order."""
    for controller in devices.controllers:
        if controller.type != "pci":
            continue
        name = _name(controller, board)
        if controller.pci_model is None and name:
            controller.pci_model = PciModel(name=name)
        address = controller.address
        place = address.place if isinstance(address, PciAddress) else PciPlace(0, 0)
        _number(controller, place, devices, board)
        if controller.model == "pci-bridge" and (controller.index or 0) <= place.bus:
            reason = f"index {controller.index} must be larger than the bus it is on, {place.bus}"
            raise invalid("controller", reason, controller.line)


def _name(controller: Controller, board: Board) -> str:
    if controller.model == "pcie-root-port":
        return "pcie-root-port" if board.caps.has_device("pcie-root-port") else "ioh3420"
    if controller.model == "pci-root":
        return "spapr-pci-host-bridge" if board.pseries else ""
    return _NAMES.get(controller.model or "", "")


def _number(controller: Controller, place: PciPlace, devices: Devices, board: Board) -> None:
    index = controller.index or 0
    target = controller.target or PciTarget()
    match controller.model:
        case "pci-bridge":
            target.chassis_nr = index if target.chassis_nr is None else target.chassis_nr
        case "pcie-root-port":
            target.chassis = index if target.chassis is None else target.chassis
            if target.port is None:
                target.port = (place.slot << 3) + place.function
        case "pcie-switch-downstream-port":
            target.chassis = index if target.chassis is None else target.chassis
            target.port = place.slot if target.port is None else target.port
        case "pci-expander-bus" | "pcie-expander-bus":
            if target.bus_nr is None:
                target.bus_nr = _free_bus_number(devices, controller)
        case "pci-root" if board.pseries:
            if target.index is None:
                target.index = _free_host_bridge(devices, controller) if index else 0
        case _:
            return
    controller.target = target


def _free_bus_number(devices: Devices, controller: Controller) -> int:
    """As high as can be, below all others: room for the buses behind it and behind the root."""
    numbers = [c.target.bus_nr for c in devices.controllers if c.type == "pci" and c.target]
    lowest = min((n for n in numbers if n is not None), default=_BUS_NUMBERS)
    if lowest <= _BUSES_OF_EXPANDER:
        raise invalid("controller/target", "there is no free busNr; give one", controller.line)
    return lowest - _BUSES_OF_EXPANDER


def _free_host_bridge(devices: Devices, controller: Controller) -> int:
    roots = [c for c in devices.controllers if c.type == "pci" and c.model == "pci-root"]
    used = {c.target.index for c in roots if c.target}
    for index in range(1, _MAX_HOST_BRIDGES):
        if index not in used:
            return index
    raise invalid("controller/target", "there is no free index; give one", controller.line)
