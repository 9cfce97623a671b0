"""Ports of USB controllers and hubs."""

from __future__ import annotations

from collections.abc import Callable

from ..devices import Devices
from ..devices.address import UsbAddress
from ..devices.controller import Controller
from .faults import bad_address
from .placed import Addressed, Placed, all_placed, of_kind

HUB_PORTS = 8
MAX_DEPTH = 4
PORTS_OF_MODEL = {
    None: 2,
    "piix3-uhci": 2,
    "piix4-uhci": 2,
    "vt82c686b-uhci": 2,
    "ehci": 6,
    "ich9-ehci1": 6,
    "pci-ohci": 3,
    "nec-xhci": 4,
    "qemu-xhci": 4,
    "qusb1": 8,
    "qusb2": 8,
}
"""How many ports each model has; companions have none of their own."""
_CHOSEN_PORTS = ("nec-xhci", "qemu-xhci", "qusb1", "qusb2")


class _Hub:
    """A controller or hub: which of its ports are taken, and the hubs on them."""

    def __init__(self, ports: int) -> None:
        self.ports = ports
        self.taken: set[int] = set()
        self.hubs: dict[int, _Hub] = {}

    def free(self, depth: int = 1) -> tuple[int, ...] | None:
        """The path to the first free port, in this hub before those behind it."""
        port = next((p for p in range(1, self.ports + 1) if p not in self.taken), None)
        if port is not None:
            return (port,)
        if depth < MAX_DEPTH:
            for number in sorted(self.hubs):
                below = self.hubs[number].free(depth + 1)
                if below is not None:
                    return (number, *below)
        return None


def assign_usb(
    devices: Devices, is_usb: Callable[[Placed], bool], add_hub: Callable[[Devices], None]
) -> None:
    """Give each USB device a port, and add hubs when there are not enough.

    `is_usb` is asked of every device but hubs. Raises InvalidDocument for a port that is
    not there or taken, and for USB devices of a guest without USB.
    """
    placed = [each for each in all_placed(devices) if each.kind != "hub" and is_usb(each)]
    _add_hubs(devices, placed, add_hub)
    buses = _Buses(devices)
    for kind, device in placed:
        if isinstance(device.address, UsbAddress) and device.address.port is not None:
            buses.reserve(device.address, kind)
    for hub in _hubs(devices):
        if not isinstance(hub.address, UsbAddress) or hub.address.port is None:
            buses.assign(hub, "hub")
            assert isinstance(hub.address, UsbAddress)
            buses.add_hub(hub.address)
    for kind, device in placed:
        address = device.address
        if address is None or (isinstance(address, UsbAddress) and address.port is None):
            buses.assign(device, kind)


def ports_of(controller: Controller) -> int:
    """How many ports a USB controller has."""
    if controller.model in _CHOSEN_PORTS and controller.ports is not None:
        return controller.ports
    return PORTS_OF_MODEL.get(controller.model, 0)


def _hubs(devices: Devices) -> list[Addressed]:
    return [hub for hub in of_kind(devices, "hub") if getattr(hub, "type", "usb") == "usb"]


def _add_hubs(devices: Devices, placed: list[Placed], add_hub: Callable[[Devices], None]) -> None:
    hubs = len(_hubs(devices))
    controllers = [c for c in devices.controllers if c.type == "usb" and c.model != "none"]
    wanted = len(placed) + hubs
    if wanted and not controllers:
        kind, device = placed[0] if placed else Placed("hub", _hubs(devices)[0])
        raise bad_address(kind, "USB is disabled for this guest", device.line)
    ports = sum(map(ports_of, controllers)) + hubs * HUB_PORTS
    missing = -(-(wanted - ports + 1) // (HUB_PORTS - 1)) if wanted > ports else 0
    for _ in range(missing):
        add_hub(devices)


class _Buses:
    """The ports of all USB controllers, by index."""

    def __init__(self, devices: Devices) -> None:
        self.buses: dict[int, _Hub] = {}
        for controller in devices.controllers:
            if controller.type == "usb" and (ports := ports_of(controller)):
                index = controller.index or 0
                if index in self.buses:
                    reason = f"there is more than one USB controller with index {index}"
                    raise bad_address("controller", reason, controller.line)
                self.buses[index] = _Hub(ports)
        for hub in _hubs(devices):
            if isinstance(hub.address, UsbAddress) and hub.address.port is not None:
                self.add_hub(hub.address)

    def _find(self, address: UsbAddress, kind: str) -> tuple[_Hub, int]:
        """The hub, or controller, that has the port of `address`."""
        *path, port = (int(part) for part in (address.port or "").split("."))
        hub = self.buses.get(address.bus)
        for number in path:
            hub = hub.hubs.get(number) if hub is not None else None
        if hub is None or port > hub.ports:
            reason = f"USB bus {address.bus} has no port {address.port}"
            raise bad_address(kind, reason, address.line)
        return hub, port

    def add_hub(self, address: UsbAddress) -> None:
        """A hub on that port, and its own ports."""
        hub, port = self._find(address, "hub")
        if port in hub.hubs:
            reason = f"port {address.port} of USB bus {address.bus} has a hub already"
            raise bad_address("hub", reason, address.line)
        hub.taken.add(port)
        hub.hubs[port] = _Hub(HUB_PORTS)

    def reserve(self, address: UsbAddress, kind: str) -> None:
        """Take the port a document names."""
        hub, port = self._find(address, kind)
        if port in hub.taken:
            reason = f"port {address.port} of USB bus {address.bus} is taken already"
            raise bad_address(kind, reason, address.line)
        hub.taken.add(port)

    def assign(self, device: Addressed, kind: str) -> None:
        """The first free port, of the bus that is asked for or of any."""
        asked = device.address
        if isinstance(asked, UsbAddress) and asked.bus not in self.buses:
            reason = f"there is no USB controller with index {asked.bus}"
            raise bad_address(kind, reason, asked.line)
        buses = [asked.bus] if isinstance(asked, UsbAddress) else sorted(self.buses)
        for bus in buses:
            path = self.buses[bus].free()
            if path is not None:
                address = device.address = asked if isinstance(asked, UsbAddress) else UsbAddress()
                address.bus, address.port = bus, ".".join(map(str, path))
                self.reserve(address, kind)
                return
        raise bad_address(kind, "there is no free USB port", device.line)
