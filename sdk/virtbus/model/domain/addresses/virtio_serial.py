"""Ports of virtio-serial controllers."""

from __future__ import annotations

from ..devices import Devices
from ..devices.address import VirtioSerialAddress
from ..devices.controller import Controller
from ..devices.order import insert_controller
from .faults import bad_address
from .placed import Addressed, all_placed, of_kind

DEFAULT_PORTS = 31
_FIRST_CHANNEL_PORT = 1  # port 0 is for a console


def assign_virtio_serial(devices: Devices) -> None:
    """Give each virtio channel a port, and add controllers when all are taken.

    A virtio console without an address takes a port too, which the hypervisor finds again
    by itself: it is kept free, not written. Raises InvalidDocument for a port that is not
    there, or taken.
    """
    ports = _Ports(devices)
    for kind, device in all_placed(devices):
        if isinstance(device.address, VirtioSerialAddress) and device.address.port:
            ports.reserve(device.address, kind)
    for console in of_kind(devices, "console"):
        if _is_virtio(console) and not _has_port(console):
            ports.next(0, None, "console")
    for channel in of_kind(devices, "channel"):
        if _is_virtio(channel) and not _has_port(channel):
            asked = channel.address
            controller = asked.controller if isinstance(asked, VirtioSerialAddress) else None
            address = ports.next(_FIRST_CHANNEL_PORT, controller, "channel")
            if isinstance(asked, VirtioSerialAddress):
                asked.bus, asked.port = 0, address.port
            else:
                channel.address = address


class _Ports:
    """Which ports of which controllers are taken."""

    def __init__(self, devices: Devices) -> None:
        self.controllers = devices.controllers
        self.counts: dict[int, int] = {}
        for controller in devices.controllers:
            if controller.type == "virtio-serial":
                self._add(controller)
        self.taken: set[tuple[int, int]] = set()

    def _add(self, controller: Controller) -> None:
        ports = controller.ports
        self.counts[controller.index or 0] = DEFAULT_PORTS if ports is None else ports

    def reserve(self, address: VirtioSerialAddress, kind: str) -> None:
        place = (address.controller, address.port)
        count = self.counts.get(address.controller)
        if count is None:
            reason = f"there is no virtio-serial controller {address.controller}"
        elif address.port >= count:
            reason = f"virtio-serial controller {address.controller} has no port {address.port}"
        elif place in self.taken:
            reason = f"port {address.port} of controller {address.controller} is taken already"
        else:
            self.taken.add(place)
            return
        raise bad_address(kind, reason, address.line)

    def next(self, first: int, controller: int | None, kind: str) -> VirtioSerialAddress:
        indexes = sorted(self.counts) if controller is None else [controller]
        for index in indexes:
            for port in range(first, self.counts.get(index, 0)):
                if (index, port) not in self.taken:
                    return self._take(index, port)
        if controller is not None:
            raise bad_address(kind, f"virtio-serial controller {controller} has no free port")
        index = next(i for i in range(len(self.counts) + 1) if i not in self.counts)
        added = Controller(type="virtio-serial", index=index)
        insert_controller(self.controllers, added)
        self._add(added)
        return self._take(index, first)

    def _take(self, index: int, port: int) -> VirtioSerialAddress:
        self.taken.add((index, port))
        return VirtioSerialAddress(controller=index, port=port)


def _has_port(device: Addressed) -> bool:
    return isinstance(device.address, VirtioSerialAddress) and bool(device.address.port)


def _is_virtio(device: object) -> bool:
    target = getattr(device, "target", None)
    return target is not None and target.type == "virtio"
