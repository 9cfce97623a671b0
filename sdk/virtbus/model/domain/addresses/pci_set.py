"""The PCI buses of one guest: taking places that are asked for, finding others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..devices.address import PciPlace
from ..devices.controller import MODELS, Controller
from .faults import bad_address
from .pci_bus import FUNCTIONS, Bus, Connect

MAX_BUSES = 256


class PciTraits(NamedTuple):
    """What a machine's PCI is like: all that giving addresses depends on."""

    spread_over_roots: bool = False
    """Room is made by another pci-root, as on pSeries."""
    pcie_to_pci_bridge: bool = True
    """Conventional devices of a PCI Express guest sit behind one of these."""


class PciBuses:
    """All buses by index. While `growing`, a bus is added where room is wanted."""

    def __init__(
        self, controllers: Sequence[Controller], traits: PciTraits, *, count: int, growing: bool
    ) -> None:
        self.traits = traits
        self.growing = growing
        models = {c.index or 0: c for c in controllers if c.type == "pci"}
        self.buses = [self._bus(models.get(index), index, models) for index in range(count)]

    def _bus(self, controller: Controller | None, index: int, all: dict[int, Controller]) -> Bus:
        if controller is not None and controller.model in MODELS["pci"]:  # others are refused
            target = controller.target
            return Bus(controller.model, hotplug=target is None or target.hotplug is not False)
        if index == 0 or self.traits.spread_over_roots:
            return Bus("pci-root")
        express = any(c.model == "pcie-root" for c in all.values())
        return Bus("pcie-root-port" if express else "pci-bridge")

    def reserve(
        self, place: PciPlace, connect: Connect, kind: str, line: int = 0, group: int = 0
    ) -> PciPlace:
        """Take the place a document, or the machine, names. Raises InvalidDocument.

        The answer is another place when a bridge had to be added before its bus.
        """
        if self.growing:
            place = self._grow(place, connect, kind, line)
        self._take(place, connect, kind, line, group, asked_for=True)
        return place

    def validate(self, place: PciPlace, connect: Connect, kind: str, line: int = 0) -> None:
        """Raise InvalidDocument when the buses have no such place for a device so connected."""
        self._validate(place, connect, kind, line, asked_for=True)

    def in_use(self, bus: int, slot: int) -> bool:
        """Whether something sits in that slot."""
        return bus < len(self.buses) and self.buses[bus].slot_in_use(slot)

    def next(
        self, connect: Connect, kind: str, *, group: int = 0, function: int | None = None
    ) -> PciPlace:
        """The next free place for a device, taken. Raises InvalidDocument when there is none."""
        place = self._found(connect, group, function)
        if place is None:
            if not self.growing:
                raise bad_address(kind, "there is no room for it on the PCI buses")
            place = self._grow(PciPlace(len(self.buses), 0, function or 0), connect, kind, 0)
            place = place._replace(slot=self.buses[place.bus].first)
        self._take(place, connect, kind, 0, group, asked_for=False)
        return place

    def _found(self, connect: Connect, group: int, function: int | None) -> PciPlace | None:
        same_group = [i for i, bus in enumerate(self.buses) if bus.group == group]
        adaptable = [
            i for i, bus in enumerate(self.buses) if bus.is_empty and not bus.group_is_fixed
        ]
        for index in (*same_group, *adaptable):
            bus = self.buses[index]
            if not bus.refusal(connect, on_first_bus=index == 0, asked_for=False):
                for slot, found in bus.free(connect, function):
                    return PciPlace(index, slot, found)
        return None

    def _validate(
        self, place: PciPlace, connect: Connect, kind: str, line: int, *, asked_for: bool
    ) -> None:
        reason = ""
        if not self.buses:
            reason = "the machine has no PCI buses"
        elif place.domain:
            reason = "the guest has PCI domain 0 only"
        elif place.bus >= len(self.buses):
            reason = f"there are PCI buses up to {len(self.buses) - 1} only"
        else:
            bus = self.buses[place.bus]
            reason = bus.refusal(connect, on_first_bus=place.bus == 0, asked_for=asked_for)
            if not reason and not bus.first <= place.slot <= bus.last:
                reason = f"its slots are {bus.first} to {bus.last}"
            if not reason and place.function >= FUNCTIONS:
                reason = f"functions are 0 to {FUNCTIONS - 1}"
        if reason:
            raise bad_address(kind, f"PCI address {place}: {reason}", line)

    def _take(
        self, place: PciPlace, connect: Connect, kind: str, line: int, group: int, asked_for: bool
    ) -> None:
        self._validate(place, connect, kind, line, asked_for=asked_for)
        bus = self.buses[place.bus]
        if bus.is_taken(place.slot, place.function):
            raise bad_address(kind, f"PCI address {place} is used more than once", line)
        if bus.is_empty and not bus.group_is_fixed:
            bus.group = group
        elif bus.group != group and asked_for:
            bus.group = 0
        bus.take(place.slot, place.function, connect)

    def _grow(self, place: PciPlace, connect: Connect, kind: str, line: int) -> PciPlace:
        """Add buses up to the one of `place`; the place moves when a bridge is wanted as well."""
        if place.bus < len(self.buses):
            return place
        if place.bus >= MAX_BUSES:
            raise bad_address(kind, f"a guest has at most {MAX_BUSES} PCI buses", line)
        added: list[Bus] = []
        missing = place.bus - len(self.buses) + 1
        if Connect.PCI in connect:
            model = "pci-root" if self.traits.spread_over_roots else "pci-bridge"
            if not self.traits.spread_over_roots and not any(
                Connect.PCI_BRIDGE in bus.takes for bus in self.buses
            ):
                added, extra = self._conventional(missing)
                place = place._replace(bus=place.bus + extra)
                missing += extra
        elif connect & (Connect.PCIE | Connect.UPSTREAM_PORT):
            model = "pcie-root-port"
        else:
            raise bad_address(kind, "no PCI controller has a slot that takes it", line)
        added += [Bus(model) for _ in range(missing - len(added))]
        self.buses += added
        return place

    def _conventional(self, missing: int) -> tuple[list[Bus], int]:
        """How conventional PCI begins in a guest that has none yet, and the buses it costs."""
        extra = 1 if missing == 1 else 0
        if not self.traits.pcie_to_pci_bridge:
            return [Bus("dmi-to-pci-bridge", hotplug=False)], extra
        port = Bus("pcie-root-port")
        port.takes = Connect.PCIE_TO_PCI_BRIDGE  # kept for the bridge that comes with it
        return [port, Bus("pcie-to-pci-bridge")], extra
