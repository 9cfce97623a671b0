"""Controllers: what each PCI model takes, and which there can be on a machine."""

from __future__ import annotations

from typing import NamedTuple

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.placed import all_placed
from virtbus.model.domain.devices.controller import PCI_ROOTS, Controller, ControllerDriver
from virtbus.model.engine.table import table_of

from ..complete.addresses import is_usb
from ..machine import Board
from ..words import invalid, unsupported


class _PciRule(NamedTuple):
    """The devices that may stand for a model, and the fields of its target."""

    names: tuple[str, ...]
    target: tuple[str, ...] = ()


_PCI: dict[str, _PciRule] = {
    "pci-root": _PciRule((), ("hotplug",)),
    "pcie-root": _PciRule(()),
    "pci-bridge": _PciRule(("pci-bridge",), ("chassis_nr", "mem_reserve_kib")),
    "dmi-to-pci-bridge": _PciRule(("i82801b11-bridge",)),
    "pcie-to-pci-bridge": _PciRule(("pcie-pci-bridge",)),
    "pcie-root-port": _PciRule(
        ("pcie-root-port", "ioh3420"), ("chassis", "port", "hotplug", "mem_reserve_kib")
    ),
    "pcie-switch-upstream-port": _PciRule(("x3130-upstream",)),
    "pcie-switch-downstream-port": _PciRule(
        ("xio3130-downstream",), ("chassis", "port", "hotplug")
    ),
    "pci-expander-bus": _PciRule(("pxb",), ("bus_nr", "numa_node")),
    "pcie-expander-bus": _PciRule(("pxb-pcie",), ("bus_nr", "numa_node")),
}
_HOST_BRIDGE = _PciRule(("spapr-pci-host-bridge",), ("index", "numa_node", "hotplug"))
_VIRTIO_SCSI = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")


def check_controllers(domain: Domain, board: Board) -> None:
    """Refuse controllers the machine or emulator cannot have, and fields that mean nothing."""
    controllers = domain.devices.controllers
    for controller in controllers:
        match controller.type:
            case "pci":
                _check_pci(controller, domain, board)
            case "ide":
                _check_ide(controller, board)
            case "sata":
                if not board.caps.has_device("ich9-ahci") and not board.q35:
                    raise unsupported("controller", "SATA on this emulator", controller.line)
            case "scsi":
                _check_scsi(controller, domain, board)
            case "usb":
                _check_usb(controller, domain)
        if controller.type != "scsi" or controller.model not in _VIRTIO_SCSI:
            _check_driver(controller)


def _check_pci(controller: Controller, domain: Domain, board: Board) -> None:
    model, line = controller.model or "", controller.line
    host_bridge = model == "pci-root" and board.pseries
    rule = _HOST_BRIDGE if host_bridge else _PCI.get(model)
    if rule is None:
        raise unsupported("controller", "a PCI controller without a model", line)
    name = controller.pci_model.name if controller.pci_model else None
    if (name is None) != (not rule.names) or (name and name not in rule.names):
        raise unsupported("controller/model", f"'{name}' for a {model}", line)
    if not controller.index and model not in PCI_ROOTS:
        raise unsupported("controller", f"a {model} of index 0", line)
    if controller.pcihole64 is not None:
        fits = board.i440fx if model == "pci-root" else board.q35
        if not fits:
            raise unsupported("controller", "'pcihole64' on this machine", line)
    if controller.target is not None:
        _check_target(controller, rule, domain)
    if name and not host_bridge and not board.caps.has_device(name):
        raise unsupported("controller/model", f"'{name}' on this emulator", line)


def _check_target(controller: Controller, rule: _PciRule, domain: Domain) -> None:
    target, line = controller.target, controller.line
    assert target is not None
    for field in (f.name for f in table_of(type(target)).fields):
        if field not in rule.target and getattr(target, field) is not None:
            raise unsupported("controller/target", f"'{field}' of a {controller.model}", line)
    if target.numa_node is not None:
        cells = domain.cpu.numa.cell if domain.cpu is not None and domain.cpu.numa else []
        if target.numa_node >= len(cells):
            raise invalid("controller/target", f"the guest has no node {target.numa_node}", line)
    if rule is _HOST_BRIDGE and target.numa_node is not None and not target.index:
        raise unsupported("controller/target", "a node of the first host bridge", line)


def _check_ide(controller: Controller, board: Board) -> None:
    if not board.has_ide:
        raise unsupported("controller", "an IDE controller on this machine", controller.line)
    if controller.index:
        raise unsupported("controller", "a second IDE controller", controller.line)


def _check_scsi(controller: Controller, domain: Domain, board: Board) -> None:
    if controller.model == "ncr53c90" and (controller.index or not board.has_esp):
        raise unsupported("controller", "an ncr53c90 that is not built in", controller.line)
    driver = controller.driver
    if driver is None:
        return
    threads = [driver.iothread] if driver.iothread else []
    threads += [thread.id for thread in driver.iothreads.threads] if driver.iothreads else []
    place = controller.address.type if controller.address is not None else "pci"
    if threads and place not in ("pci", "ccw"):
        what = f"threads at an address of type '{place}'"
        raise unsupported("controller/driver", what, controller.line)
    known = iothread_ids(domain)
    for thread in threads:
        if thread not in known:
            reason = f"the guest has no I/O thread {thread}"
            raise invalid("controller/driver", reason, controller.line)


def iothread_ids(domain: Domain) -> set[int]:
    """The numbers of a guest's I/O threads."""
    count = domain.iothreads or 0
    named = {t.id for t in domain.iothreadids.iothread} if domain.iothreadids else set()
    free = (n for n in range(1, count + len(named) + 1) if n not in named)
    return named | {next(free) for _ in range(count - len(named))}


def _check_usb(controller: Controller, domain: Domain) -> None:
    model, line, controllers = controller.model, controller.line, domain.devices.controllers
    if model == "none":
        for placed in all_placed(domain.devices):
            if is_usb(placed):
                reason = "it is on USB, which is disabled for this guest"
                raise invalid(placed.kind, reason, placed.device.line)
    if model == "none" and sum(c.type == "usb" for c in controllers) > 1:
        raise invalid("controller", "USB is disabled, so there can be no other controller", line)
    if controller.ports is not None and not (model or "").endswith("xhci"):
        raise unsupported("controller", f"'ports' of a {model}", line)
    if controller.master is not None:
        masters = (c for c in controllers if c.type == "usb" and c.index == controller.index)
        if all(c.master is not None for c in masters):
            raise invalid("controller/master", "there is no USB 2 controller of that index", line)


def _check_driver(controller: Controller) -> None:
    driver = controller.driver or ControllerDriver()
    for field in ("queues", "cmd_per_lun", "max_sectors", "ioeventfd", "iothread"):
        if getattr(driver, field) is not None:
            what = f"'{field}' of a {controller.type} controller"
            raise unsupported("controller/driver", what, controller.line)
