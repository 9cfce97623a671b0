"""Controllers: those the machine has by itself, and the models of all."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.controller import COMPANION_PORTS, Controller, UsbMaster
from virtbus.model.domain.devices.order import insert_controller
from virtbus.model.domain.implicit import add_controller

from ..capabilities import QemuCapabilities
from ..machine import Board
from ..words import invalid, unsupported

_WITH_USB = (
    "alpha", "ppc", "ppcemb", "sh4", "sh4eb", "sparc64", "mips", "mipsel", "mips64", "mips64el",
)  # fmt: skip
_WITH_PCI_ROOT = ("ppc64", "ppc64le", "alpha", "ppc", "ppcemb", "sh4", "sh4eb", "sparc64")
_XHCI_PORTS = 15


def machine_controllers(domain: Domain, board: Board) -> None:
    """The USB, SATA and PCI controllers that a machine has without being asked."""
    devices = domain.devices
    model = _machine_usb(board)
    if model is not None and not any(c.type == "usb" and c.index == 0 for c in devices.controllers):
        _add_usb(devices, model)
    if board.q35:
        add_controller(devices, "sata", 0)
    root = _root_model(board)
    if root and not add_controller(devices, "pci", 0, root):
        first = next(c for c in devices.controllers if c.type == "pci" and c.index == 0)
        if first.model != root:
            raise invalid("controller", f"PCI bus 0 is a {root}, not {first.model}", first.line)


def _machine_usb(board: Board) -> str | None:
    """The model of the USB controller a machine has; "" for its default, None for no USB."""
    caps, name = board.caps, board.machine.name
    if board.q35:
        models = {
            "qemu-xhci": "qemu-xhci",
            "nec-usb-xhci": "nec-xhci",
            "ich9-usb-ehci1": "ich9-ehci1",
        }
        return next((model for device, model in models.items() if caps.has_device(device)), None)
    if board.x86:
        return None if name == "isapc" else ""
    if board.arm:
        return "pci-ohci" if name == "versatilepb" or name.startswith("realview") else None
    return "" if board.ppc64 or board.arch in _WITH_USB else None


def _root_model(board: Board) -> str:
    """The model of PCI controller 0 that a machine has; "" for none."""
    name = board.machine.name
    if board.express_root:
        return "pcie-root"
    conventional = (
        board.i440fx
        or board.arch in _WITH_PCI_ROOT
        or (board.arm and name == "versatilepb")
        or (board.s390 and board.caps.has_device("zpci"))
        or (board.arch.startswith("mips") and name == "malta")
    )
    return "pci-root" if conventional else ""


def _add_usb(devices: Devices, model: str) -> None:
    add_controller(devices, "usb", 0, model or None)
    if model == "ich9-ehci1":
        for companion, port in COMPANION_PORTS.items():
            master = UsbMaster(startport=port)
            insert_controller(
                devices.controllers,
                Controller(type="usb", index=0, model=companion, master=master),
            )


def controller_models(domain: Domain, board: Board) -> None:
    """The model of each controller. Raises for one the machine cannot have."""
    for controller in domain.devices.controllers:
        match controller.type:
            case "scsi":
                if controller.model in (None, "auto"):
                    controller.model = _scsi_model(controller, board)
            case "usb":
                if controller.model is None:
                    controller.model = _usb_model(controller, board)
                _check_usb(controller)
            case "pci":
                _check_pci(controller, domain, board)


def _scsi_model(controller: Controller, board: Board) -> str:
    caps = board.caps
    if board.pseries:
        return "ibmvscsi"
    if board.s390 or board.loongarch_virt:
        return "virtio-scsi"
    if caps.has_device("lsi53c895a"):
        return "lsilogic"
    if caps.has_device("virtio-scsi-pci"):
        return "virtio-scsi"
    if board.has_esp:
        return "ncr53c90"
    raise unsupported("controller", "a SCSI controller without a model", controller.line)


def _usb_model(controller: Controller, board: Board) -> str | None:
    """None is whatever QEMU's -usb gives."""
    caps = board.caps
    if board.s390 and controller.address is None:
        return "none"
    if board.ppc64:
        xhci = _xhci(caps) if board.new else None
        return xhci or ("pci-ohci" if caps.has_device("pci-ohci") else None)
    if board.arch == "aarch64" and (xhci := _xhci(caps)):
        return xhci
    if board.arch == "loongarch64" and caps.has_device("qemu-xhci"):
        return "qemu-xhci"
    if caps.has_device("piix3-usb-uhci"):
        return "piix3-uhci"
    return "pci-ohci" if not board.x86 and caps.has_device("pci-ohci") else None


def _xhci(caps: QemuCapabilities) -> str | None:
    if caps.has_device("qemu-xhci"):
        return "qemu-xhci"
    return "nec-xhci" if caps.has_device("nec-usb-xhci") else None


def _check_usb(controller: Controller) -> None:
    if controller.model in ("qusb1", "qusb2"):
        raise unsupported("controller", f"model '{controller.model}'", controller.line)
    if (controller.model or "").endswith("xhci") and (controller.ports or 0) > _XHCI_PORTS:
        reason = f"a {controller.model} has at most {_XHCI_PORTS} ports"
        raise invalid("controller", reason, controller.line)


def _check_pci(controller: Controller, domain: Domain, board: Board) -> None:
    model, line = controller.model, controller.line
    if model in ("pci-root", "pcie-root") and controller.index and not board.pseries:
        raise invalid("controller", f"a {model} has index 0", line)
    if model == "pci-expander-bus" and not board.i440fx:
        raise unsupported("controller", f"a {model} on this machine", line)
    if model == "pcie-expander-bus" and not (board.q35 or board.arm_virt):
        raise unsupported("controller", f"a {model} on this machine", line)
