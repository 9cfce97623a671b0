"""PCI addresses: which are taken by the machine and the document, and which to give.

On pc all devices sit in slots of the one bus; on q35 each has a root port of its own, as
libvirt does it, so that it can be unplugged.
"""

from __future__ import annotations

from virtbus.model.domain.devices.address import Address, PciAddress
from virtbus.model.domain.devices.controller import Controller, PciModel, PciTarget

from ..machine import Board
from ..words import invalid, unsupported

SLOTS = 32
FUNCTIONS = 8
MAX_BUSES = 256

_PC_BUILT_IN = {(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 1, 3)}
_Q35_BUILT_IN = {(0, 0, 0), (0, 31, 0), (0, 31, 2), (0, 31, 3)}
_CONVENTIONAL = ("pci-root", "pci-bridge", "pcie-to-pci-bridge", "dmi-to-pci-bridge")


class PciBuses:
    """The PCI buses of one guest while addresses are given. `controllers` gains what it needs."""

    def __init__(self, board: Board, controllers: list[Controller]) -> None:
        self.board = board
        self.controllers = controllers
        self.taken = set(_Q35_BUILT_IN if board.q35 else _PC_BUILT_IN)
        self.whole: set[tuple[int, int]] = {(0, 0)} if board.q35 else {(0, 0), (0, 1)}
        self.models = {c.index or 0: c.model or "" for c in self._of_type()}

    def _of_type(self) -> list[Controller]:
        return [c for c in self.controllers if c.type == "pci"]

    def reserve(self, address: Address, element: str) -> None:
        """Take the place a document names. Raises InvalidDocument when it cannot be had."""
        if not isinstance(address, PciAddress):
            raise invalid(f"{element}/address", "expected an address of type 'pci'", address.line)
        bus, slot, function = address.bus, address.slot, address.function
        if address.domain:
            raise invalid(f"{element}/address", "the guest has PCI domain 0 only", address.line)
        if bus not in self.models:
            raise invalid(f"{element}/address", f"no PCI controller has index {bus}", address.line)
        if bus and slot >= self._slots(bus):
            raise invalid(f"{element}/address", f"bus {bus} has no slot {slot}", address.line)
        if (bus, slot, function) in self.taken:
            raise invalid(
                f"{element}/address",
                f"{bus:02x}:{slot:02x}.{function} is taken already",
                address.line,
            )
        self.taken.add((bus, slot, function))

    def _slots(self, bus: int) -> int:
        return SLOTS if self.models[bus] in (*_CONVENTIONAL, "pcie-root") else 1

    def try_reserve(self, bus: int, slot: int, function: int = 0) -> PciAddress | None:
        """That very place, when it is free."""
        if (bus, slot, function) in self.taken:
            return None
        self.taken.add((bus, slot, function))
        return PciAddress(bus=bus, slot=slot, function=function)

    def next_slot(self, *, express: bool) -> PciAddress:
        """The next free place for a device; `express` when it is a PCI Express one."""
        if not self.board.q35:
            return self._in_conventional() or self._behind_new_bridge()
        if express:
            return self._behind_root_port()
        return self._in_conventional() or self._behind_new_bridge()

    def _in_conventional(self) -> PciAddress | None:
        for bus, model in sorted(self.models.items()):
            if model in _CONVENTIONAL:
                first = 0 if bus == 0 else 1
                for slot in range(first, SLOTS):
                    if self._is_empty(bus, slot):
                        return self.try_reserve(bus, slot)
        return None

    def _is_empty(self, bus: int, slot: int) -> bool:
        if (bus, slot) in self.whole:
            return False
        return not any((bus, slot, function) in self.taken for function in range(FUNCTIONS))

    def _behind_root_port(self) -> PciAddress:
        for bus, model in sorted(self.models.items()):
            if model == "pcie-root-port" and self._is_empty(bus, 0):
                self.taken.add((bus, 0, 0))
                return PciAddress(bus=bus)
        bus = self._new("pcie-root-port", self._root_port_place())
        self.taken.add((bus, 0, 0))
        return PciAddress(bus=bus)

    def _root_port_place(self) -> PciAddress:
        """The next function of a slot that root ports share, or a new slot's first."""
        ports = [c.address for c in self._of_type() if c.model == "pcie-root-port"]
        shared = {a.slot for a in ports if isinstance(a, PciAddress) and a.bus == 0}
        for slot in sorted(shared):
            for function in range(1, FUNCTIONS):
                place = self.try_reserve(0, slot, function)
                if place is not None:
                    self._share(slot)
                    return place
        for slot in range(1, SLOTS):
            if self._is_empty(0, slot):
                place = self.try_reserve(0, slot)
                if place is not None:
                    return place
        raise unsupported("devices", "more PCI devices than the machine has room for")

    def _share(self, slot: int) -> None:
        for controller in self._of_type():
            address = controller.address
            if isinstance(address, PciAddress) and (address.bus, address.slot) == (0, slot):
                address.multifunction = True if address.function == 0 else address.multifunction

    def _behind_new_bridge(self) -> PciAddress:
        if self.board.q35:
            bus = self._new("pcie-to-pci-bridge", self._behind_root_port())
        else:
            raise unsupported("devices", "more PCI devices than bus 0 has room for")
        place = self.try_reserve(bus, 1)
        assert place is not None
        return place

    def _new(self, model: str, address: PciAddress) -> int:
        """Add a controller of that model and return its index, which is its bus."""
        index = next(i for i in range(1, MAX_BUSES + 1) if i not in self.models)
        if index == MAX_BUSES:
            raise unsupported("devices", f"more than {MAX_BUSES} PCI buses")
        controller = Controller(type="pci", index=index, model=model, address=address)
        complete_pci_controller(controller)
        self.controllers.append(controller)
        self.models[index] = model
        return index


def complete_pci_controller(controller: Controller) -> None:
    """The device that stands for it, and the numbers a guest sees."""
    index = controller.index or 0
    address = controller.address
    match controller.model:
        case "pcie-root-port":
            controller.pci_model = controller.pci_model or PciModel(name="pcie-root-port")
            controller.target = controller.target or PciTarget()
            target = controller.target
            target.chassis = index if target.chassis is None else target.chassis
            if target.port is None and isinstance(address, PciAddress):
                target.port = address.slot << 3 | address.function
        case "pci-bridge":
            controller.pci_model = controller.pci_model or PciModel(name="pci-bridge")
            controller.target = controller.target or PciTarget()
            if controller.target.chassis_nr is None:
                controller.target.chassis_nr = index
        case "pcie-to-pci-bridge":
            controller.pci_model = controller.pci_model or PciModel(name="pcie-pci-bridge")
        case "pci-root" | "pcie-root":
            pass
        case model:
            raise unsupported("controller", f"PCI model '{model}'", controller.line)
