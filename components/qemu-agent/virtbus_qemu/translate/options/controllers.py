"""Controllers that the machine does not have by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain.devices.address import PciAddress
from virtbus.model.domain.devices.controller import Controller

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..refuse import refuse_set
from ..words import invalid, json_option, unsupported

_USB = ("piix3-uhci", "piix4-uhci", "ehci", "ich9-ehci1", "nec-xhci", "qemu-xhci", "pci-ohci")
_USB_DEVICE = {
    "piix3-uhci": "piix3-usb-uhci",
    "piix4-uhci": "piix4-usb-uhci",
    "ehci": "usb-ehci",
    "ich9-ehci1": "ich9-usb-ehci1",
    "nec-xhci": "nec-usb-xhci",
}
_SCSI = {
    "virtio-scsi": "virtio-scsi-pci",
    "virtio-transitional": "virtio-scsi-pci-transitional",
    "virtio-non-transitional": "virtio-scsi-pci-non-transitional",
    "lsilogic": "lsi53c895a",
}
_SERIAL = {
    None: "virtio-serial-pci",
    "virtio": "virtio-serial-pci",
    "virtio-transitional": "virtio-serial-pci-transitional",
    "virtio-non-transitional": "virtio-serial-pci-non-transitional",
}
_NUMBERS = ("bus_nr", "chassis_nr", "chassis", "port", "hotplug")
_OTHERS_NUMBERS = {
    "pcie-root-port": ("bus_nr", "chassis_nr"),
    "pci-bridge": ("bus_nr", "chassis", "port", "hotplug"),
}
_BRIDGES = ("pcie-root-port", "pci-bridge", "pcie-pci-bridge")


def controller_options(controllers: list[Controller], board: Board) -> Iterator[str]:
    """All that must be added; PCI bridges first, each after the bus it sits on."""
    for controller in sorted(controllers, key=_order):
        properties = _device(controller, board)
        if properties:
            yield from ("-device", json_option(properties))


def _order(controller: Controller) -> tuple[bool, int]:
    if controller.type != "pci":
        return True, 0
    return False, controller.index or 0


def _device(controller: Controller, board: Board) -> dict[str, Any]:
    index, model = controller.index or 0, controller.model
    if controller.type != "pci":
        refuse_set("controller", controller, "pci_model", "target")
    if controller.type != "scsi":
        refuse_set("controller", controller, "driver")
    if controller.type not in ("virtio-serial", "usb"):
        refuse_set("controller", controller, "ports", "vectors")
    match controller.type:
        case "pci":
            return _bridge(controller, board)
        case "ide":
            if board.q35 or index or model not in (None, "piix3", "piix4"):
                raise unsupported("controller", "an IDE controller here", controller.line)
            return {}
        case "sata":
            if board.q35 and index == 0:
                return {}
            return {"driver": "ich9-ahci", **_rest(controller, board)}
        case "fdc":
            if board.q35 or index:
                raise unsupported("controller", "a floppy controller here", controller.line)
            return {}
        case "scsi" if model in _SCSI:
            return _scsi(controller, board)
        case "virtio-serial" if model in _SERIAL:
            return {
                "driver": _SERIAL[model],
                **_rest(controller, board),
                "max_ports": controller.ports,
                "vectors": controller.vectors,
            }
        case "usb" if model == "none":
            return {}
        case "usb" if model in _USB:
            refuse_set("controller", controller, "vectors")
            name = _USB_DEVICE.get(model, model)
            ports = {"p2": controller.ports, "p3": controller.ports} if controller.ports else {}
            if ports and not model.endswith("xhci"):
                raise unsupported("controller", f"'ports' of {model}", controller.line)
            return {"driver": name, **ports, **_rest(controller, board)}
    raise unsupported("controller", f"{controller.type} model '{model}'", controller.line)


def _rest(controller: Controller, board: Board) -> dict[str, Any]:
    return {"id": alias_of(controller), **place_of(controller.address, board)}


def _scsi(controller: Controller, board: Board) -> dict[str, Any]:
    driver, model = controller.driver, controller.model or ""
    refuse_set("controller/driver", driver, "iothread")
    if model == "lsilogic":
        refuse_set("controller/driver", driver, "queues", "cmd_per_lun", "max_sectors", "ioeventfd")
        return {"driver": "lsi53c895a", **_rest(controller, board)}
    return {
        "driver": _SCSI[model],
        "ioeventfd": driver.ioeventfd if driver else None,
        "id": alias_of(controller),
        "num_queues": driver.queues if driver else None,
        "cmd_per_lun": driver.cmd_per_lun if driver else None,
        "max_sectors": driver.max_sectors if driver else None,
        **place_of(controller.address, board),
    }


def _bridge(controller: Controller, board: Board) -> dict[str, Any]:
    index = controller.index or 0
    if index == 0:
        if controller.model != ("pcie-root" if board.q35 else "pci-root"):
            raise invalid("controller", f"PCI bus 0 is no {controller.model}", controller.line)
        return {}
    address, target = controller.address, controller.target
    if isinstance(address, PciAddress) and address.bus >= index:
        raise invalid("controller/address", "a bridge sits on a bus before its own", address.line)
    name = controller.pci_model.name if controller.pci_model else ""
    if name not in _BRIDGES:
        raise unsupported("controller/model", f"'{name}'", controller.line)
    refuse_set("controller/target", target, *_OTHERS_NUMBERS.get(name, _NUMBERS))
    if name != "pcie-root-port" and target is not None and target.hotplug is not None:
        raise unsupported("controller/target", f"'hotplug' of {name}", controller.line)
    properties: dict[str, Any] = {"driver": name}
    if name == "pcie-root-port" and target is not None:
        properties |= {"port": target.port, "chassis": target.chassis}
        properties["hotplug"] = target.hotplug
    elif name == "pci-bridge" and target is not None:
        properties["chassis_nr"] = target.chassis_nr
    return {**properties, **_rest(controller, board)}
