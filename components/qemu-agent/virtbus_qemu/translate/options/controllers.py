"""Controllers that the machine does not have by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain.devices.controller import Controller, ControllerType, PciTarget
from virtbus.model.domain.devices.iothreads import IothreadMapping

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of, virtio_driver, virtio_options
from ..words import invalid, json_option, unsupported

_ORDER: tuple[ControllerType, ...] = ("pci", "usb", "scsi", "ide", "sata", "virtio-serial")
_USB_DEVICE = {
    "piix3-uhci": "piix3-usb-uhci",
    "piix4-uhci": "piix4-usb-uhci",
    "ehci": "usb-ehci",
    "ich9-ehci1": "ich9-usb-ehci1",
    "ich9-uhci1": "ich9-usb-uhci1",
    "ich9-uhci2": "ich9-usb-uhci2",
    "ich9-uhci3": "ich9-usb-uhci3",
    "vt82c686b-uhci": "vt82c686b-usb-uhci",
    "nec-xhci": "nec-usb-xhci",
}
_SCSI_DEVICE = {
    "lsilogic": "lsi",
    "ibmvscsi": "spapr-vscsi",
    "lsisas1068": "mptsas1068",
    "lsisas1078": "megasas",
    "vmpvscsi": "pvscsi",
    "am53c974": "am53c974",
    "dc390": "dc-390",
}


def controller_options(controllers: list[Controller], board: Board) -> Iterator[str]:
    """All that must be added, PCI bridges first."""
    for kind in _ORDER:
        for controller in controllers:
            if controller.type == kind:
                yield from _options(controller, controllers, board)


def ccid_options(controllers: list[Controller], board: Board) -> Iterator[str]:
    """Smart card readers: on USB, so after hubs."""
    for controller in controllers:
        if controller.type == "ccid":
            place = place_of(controller.address, board)
            device = {"driver": "usb-ccid", "id": alias_of(controller), **place}
            yield from ("-device", json_option(device))


def _options(controller: Controller, controllers: list[Controller], board: Board) -> Iterator[str]:
    if controller.model == "pci-root" and controller.index == 0 and not board.pseries:
        hotplug = controller.target.hotplug if controller.target else None
        if hotplug is not None:
            word = "on" if hotplug else "off"
            yield from ("-global", f"PIIX4_PM.acpi-root-pci-hotplug={word}")
    if _is_built_in(controller, board):
        return
    properties = _device(controller, controllers)
    if properties:
        acpi = controller.acpi.index if controller.acpi else None
        place = place_of(controller.address, board, acpi_index=acpi)
        yield from ("-device", json_option({**properties, **place}))


def _is_built_in(controller: Controller, board: Board) -> bool:
    first = controller.index == 0
    match controller.type:
        case "pci":
            if controller.model == "pci-root" and board.pseries:
                return controller.target is None or not controller.target.index
            return controller.model in ("pci-root", "pcie-root")
        case "sata":
            return first and board.q35
        case "ide":
            return first and board.has_ide
        case "scsi":
            return first and controller.model == "ncr53c90" and board.has_esp
        case "usb":
            return controller.model == "none" or (board.s390 and controller.model is None)
    return False


def _device(controller: Controller, controllers: list[Controller]) -> dict[str, Any]:
    alias = alias_of(controller)
    match controller.type:
        case "pci":
            return _pci(controller)
        case "sata":
            return {"driver": "ahci", "id": alias}
        case "scsi":
            return _scsi(controller)
        case "usb":
            return _usb(controller, controllers)
        case "virtio-serial":
            return {
                "driver": virtio_driver("virtio-serial", controller.address, controller.model),
                **virtio_options(controller.driver),
                "id": alias,
                "max_ports": controller.ports,
                "vectors": controller.vectors,
            }
    raise unsupported("controller", f"type '{controller.type}'", controller.line)


def _usb(controller: Controller, controllers: list[Controller]) -> dict[str, Any]:
    model = controller.model
    if model is None:
        raise unsupported("controller", "a USB controller without a model", controller.line)
    properties = {
        "driver": _USB_DEVICE.get(model, model),
        "p2": controller.ports,
        "p3": controller.ports,
    }
    if controller.master is None:
        return {**properties, "id": alias_of(controller)}
    masters = (c for c in controllers if c.type == "usb" and c.index == controller.index)
    master = next((c for c in masters if c.master is None), None)
    if master is None:
        reason = f"there is no USB 2 controller of index {controller.index}"
        raise invalid("controller/master", reason, controller.line)
    return {
        **properties,
        "masterbus": f"{alias_of(master)}.0",
        "firstport": controller.master.startport,
    }


def _scsi(controller: Controller) -> dict[str, Any]:
    driver, model = controller.driver, controller.model or ""
    if model in _SCSI_DEVICE:
        return {"driver": _SCSI_DEVICE[model], "id": alias_of(controller)}
    if not model.startswith("virtio"):
        raise unsupported("controller", f"SCSI model '{model}'", controller.line)
    name = virtio_driver("virtio-scsi", controller.address, model)
    properties = {"driver": name, **virtio_options(driver), "id": alias_of(controller)}
    if driver is None:
        return properties
    return properties | {
        "iothread": f"iothread{driver.iothread}" if driver.iothread else None,
        "num_queues": driver.queues,
        "iothread-vq-mapping": iothread_mapping(driver.iothreads),
        "cmd_per_lun": driver.cmd_per_lun,
        "max_sectors": driver.max_sectors,
        "ioeventfd": driver.ioeventfd,
    }


def iothread_mapping(mapping: IothreadMapping | None) -> list[dict[str, Any]] | None:
    """Which threads serve which queues, as QEMU takes it."""
    if mapping is None or not mapping.threads:
        return None
    return [
        {"iothread": f"iothread{thread.id}"}
        | ({"vqs": [queue.id for queue in thread.queues]} if thread.queues else {})
        for thread in mapping.threads
    ]


def _pci(controller: Controller) -> dict[str, Any]:
    target = controller.target or PciTarget()
    reserve = target.mem_reserve_kib * 1024 if target.mem_reserve_kib else None
    device = {
        "driver": controller.pci_model.name if controller.pci_model else None,
        "id": alias_of(controller),
    }
    match controller.model:
        case "pci-bridge":
            return device | {"chassis_nr": target.chassis_nr, "mem-reserve": reserve}
        case "pci-expander-bus" | "pcie-expander-bus":
            return device | {"bus_nr": target.bus_nr, "numa_node": target.numa_node}
        case "pcie-root-port" | "pcie-switch-downstream-port":
            return device | {
                "port": target.port,
                "chassis": target.chassis,
                "hotplug": target.hotplug,
                "mem-reserve": reserve,
            }
        case "pci-root":
            return device | {
                "index": target.index,
                "mem-reserve": reserve,
                "numa_node": target.numa_node,
            }
    return device
