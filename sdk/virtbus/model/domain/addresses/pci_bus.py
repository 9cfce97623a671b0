"""PCI buses: what each takes, and which of its slots are in use."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Flag, auto
from functools import lru_cache
from typing import NamedTuple

LAST_SLOT = 31
FUNCTIONS = 8


class Connect(Flag):
    """How a device is connected to PCI; of a bus, what it takes."""

    PCI = auto()
    PCIE = auto()
    PCI_BRIDGE = auto()
    ROOT_PORT = auto()
    UPSTREAM_PORT = auto()
    DOWNSTREAM_PORT = auto()
    DMI_TO_PCI_BRIDGE = auto()
    PCIE_TO_PCI_BRIDGE = auto()
    EXPANDER = auto()
    PCIE_EXPANDER = auto()
    AUTO = auto()
    """May be given a place here (a bus), wants one to be found (a device)."""
    HOTPLUG = auto()
    SHARES_SLOT = auto()
    """May sit with others of its kind in the functions of one slot."""
    INTEGRATED = auto()
    """Part of the machine: on bus 0, whatever that bus takes otherwise."""


ENDPOINT = Connect.PCI | Connect.PCIE
KINDS = (
    ENDPOINT | Connect.PCI_BRIDGE | Connect.ROOT_PORT | Connect.UPSTREAM_PORT
    | Connect.DOWNSTREAM_PORT | Connect.DMI_TO_PCI_BRIDGE | Connect.PCIE_TO_PCI_BRIDGE
    | Connect.EXPANDER | Connect.PCIE_EXPANDER
)  # fmt: skip
NONE = Connect(0)
CONVENTIONAL = Connect.PCI | Connect.AUTO
EXPRESS = Connect.PCIE | Connect.AUTO
_BRIDGED = Connect.AUTO | Connect.PCI | Connect.PCI_BRIDGE
_PORT = Connect.AUTO | Connect.PCIE | Connect.UPSTREAM_PORT | Connect.PCIE_TO_PCI_BRIDGE

UPSTREAM: dict[str, Connect] = {
    "pci-root": NONE,
    "pcie-root": NONE,
    "pci-bridge": Connect.PCI_BRIDGE,
    "pci-expander-bus": Connect.EXPANDER,
    "pcie-expander-bus": Connect.PCIE_EXPANDER,
    "dmi-to-pci-bridge": Connect.DMI_TO_PCI_BRIDGE,
    "pcie-to-pci-bridge": Connect.PCIE_TO_PCI_BRIDGE,
    "pcie-root-port": Connect.ROOT_PORT | Connect.SHARES_SLOT,
    "pcie-switch-upstream-port": Connect.UPSTREAM_PORT,
    "pcie-switch-downstream-port": Connect.DOWNSTREAM_PORT,
}
"""How each model of a PCI controller is itself connected."""


class _Provides(NamedTuple):
    takes: Connect
    first: int
    last: int
    hotplug: bool = False


_DOWNSTREAM: dict[str, _Provides] = {
    "pci-root": _Provides(_BRIDGED | Connect.EXPANDER, 1, LAST_SLOT, hotplug=True),
    "pci-bridge": _Provides(_BRIDGED, 1, LAST_SLOT, hotplug=True),
    "pci-expander-bus": _Provides(_BRIDGED, 0, LAST_SLOT, hotplug=True),
    "pcie-root": _Provides(
        Connect.PCIE | Connect.ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE | Connect.PCIE_EXPANDER,
        1,
        LAST_SLOT,
    ),
    "dmi-to-pci-bridge": _Provides(Connect.PCI | Connect.PCI_BRIDGE, 0, LAST_SLOT),
    "pcie-to-pci-bridge": _Provides(_BRIDGED, 1, LAST_SLOT, hotplug=True),
    "pcie-root-port": _Provides(_PORT, 0, 0, hotplug=True),
    "pcie-switch-downstream-port": _Provides(_PORT, 0, 0, hotplug=True),
    "pcie-switch-upstream-port": _Provides(Connect.DOWNSTREAM_PORT, 0, LAST_SLOT),
    "pcie-expander-bus": _Provides(Connect.ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE, 0, LAST_SLOT),
}
"""What each model provides: devices it takes, slots from and to, whether one can plug there."""


class Bus:
    """One bus while addresses are given."""

    def __init__(self, model: str, *, hotplug: bool = True) -> None:
        provides = _DOWNSTREAM[model]
        self.model = model
        self.takes = provides.takes
        if provides.hotplug and hotplug:
            self.takes |= Connect.HOTPLUG
        self.first, self.last = provides.first, provides.last
        self.group = 0
        """The isolation group of the devices on it."""
        self.group_is_fixed = False
        self._used = [0] * (LAST_SLOT + 1)
        self._shared: set[int] = set()

    @property
    def is_empty(self) -> bool:
        """Whether nothing sits there."""
        return not any(self._used[self.first : self.last + 1])

    @property
    def is_full(self) -> bool:
        """Whether every slot has something in it."""
        return all(self._used[self.first : self.last + 1])

    def slot_in_use(self, slot: int) -> bool:
        """Whether a function of that slot is taken."""
        return bool(self._used[slot])

    def is_taken(self, slot: int, function: int) -> bool:
        """Whether that function is taken."""
        return bool(self._used[slot] >> function & 1)

    def take(self, slot: int, function: int, connect: Connect) -> None:
        """Mark a function as taken; the first in a slot decides whether others may join it."""
        if not self._used[slot] and Connect.SHARES_SLOT in connect:
            self._shared.add(slot)
        self._used[slot] |= 1 << function

    def refusal(self, connect: Connect, *, on_first_bus: bool, asked_for: bool) -> str:
        """Why a device so connected cannot sit here; "" when it can.

        A place a person `asked_for` may mix PCI and PCI Express.
        """
        return _refusal(self.model, self.takes, connect, on_first_bus, asked_for)

    def free(self, connect: Connect, function: int | None) -> Iterator[tuple[int, int]]:
        """The free slots and functions for it, lowest first; `function` None is any."""
        for slot in range(self.first, self.last + 1):
            wanted = function or 0
            if not self._used[slot]:
                yield slot, wanted
            elif Connect.SHARES_SLOT in connect and slot in self._shared:
                functions = range(wanted, FUNCTIONS) if function is None else (wanted,)
                yield from ((slot, f) for f in functions if not self.is_taken(slot, f))


@lru_cache(maxsize=4096)  # flags are slow, and the same ones meet again and again
def _refusal(
    model: str, takes: Connect, connect: Connect, on_first_bus: bool, asked_for: bool
) -> str:
    if Connect.INTEGRATED in connect:
        if not on_first_bus:
            return "an integrated device must be on bus 0"
        takes |= CONVENTIONAL
    if asked_for:
        if takes & ENDPOINT:
            takes |= ENDPOINT
        if Connect.PCI_BRIDGE in connect:
            connect |= Connect.PCI
    elif Connect.AUTO in connect and Connect.AUTO not in takes:
        return f"a {model} is given no devices unless the document asks for it"
    if Connect.HOTPLUG in connect and Connect.HOTPLUG not in takes:
        return f"nothing can be plugged into this {model} while the guest runs"
    if not connect & takes & KINDS:
        return f"a {model} does not take such a device"
    return ""
