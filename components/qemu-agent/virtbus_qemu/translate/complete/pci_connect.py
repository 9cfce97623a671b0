"""How each device is connected to PCI: the slots it fits in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from virtbus.model.domain.addresses.pci_bus import CONVENTIONAL, EXPRESS, NONE, UPSTREAM, Connect
from virtbus.model.domain.addresses.placed import Placed
from virtbus.model.domain.devices.address import is_pci_open

_EXPRESS_CARDS = ("e1000e", "igb")
_CONVENTIONAL_USB = (
    "ehci", "ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3", "vt82c686b-uhci",
    "piix3-uhci", "piix4-uhci", "pci-ohci", None,
)  # fmt: skip
_CONVENTIONAL_SCSI = (
    "buslogic", "lsilogic", "lsisas1068", "vmpvscsi", "ibmvscsi", "lsisas1078", "dc390",
    "am53c974",
)  # fmt: skip
_CONVENTIONAL_SOUND = ("es1370", "ac97", "ich6", "ich9")
_CONVENTIONAL_VIDEO = ("vga", "cirrus", "vmvga", "xen", "vbox", "qxl", "parallels")
_WITHOUT_PCI_FILESYSTEMS = ("mtp", "loop", "nbd", "ploop")


def connect_on(express: bool) -> Callable[[Placed], Connect]:
    """The connection of a device in a guest whose root bus is PCI `express`, or is not."""
    native = EXPRESS if express else CONVENTIONAL

    def connect(placed: Placed) -> Connect:
        kind, device = placed
        rule = _RULES.get(kind)
        return rule(device, native) if rule is not None else NONE

    return connect


def _virtio(model: str | None, native: Connect) -> Connect:
    """Transitional devices work in conventional slots only."""
    return CONVENTIONAL if model == "virtio-transitional" else native


def _controller(device: Any, native: Connect) -> Connect:
    model = device.model
    match device.type:
        case "pci":
            return UPSTREAM.get(model, NONE)
        case "sata" | "ide":
            return CONVENTIONAL
        case "usb" if model in ("nec-xhci", "qemu-xhci"):
            return native
        case "usb" if model in _CONVENTIONAL_USB:
            return CONVENTIONAL
        case "scsi" if model in _CONVENTIONAL_SCSI:
            return CONVENTIONAL
        case "scsi" if (model or "").startswith("virtio"):
            return _virtio(model, native)
        case "virtio-serial":
            return _virtio(model, native)
    return NONE


def _filesystem(device: Any, native: Connect) -> Connect:
    driver = getattr(device, "driver", None)
    if driver is not None and driver.type in _WITHOUT_PCI_FILESYSTEMS:
        return NONE
    return _virtio(device.model, native)


def _interface(device: Any, native: Connect) -> Connect:
    model = device.model.type if device.model is not None else None
    if device.type == "hostdev":
        return native
    if model == "usb-net":
        return NONE
    if model in _EXPRESS_CARDS or model is None:
        return native
    return _virtio(model, native) if model.startswith("virtio") else CONVENTIONAL


def _sound(device: Any, native: Connect) -> Connect:
    if device.model == "virtio":
        return native
    return CONVENTIONAL if device.model in _CONVENTIONAL_SOUND else NONE


def _disk(device: Any, native: Connect) -> Connect:
    return _virtio(device.model, native) if device.target.bus == "virtio" else NONE


def _hostdev(device: Any, native: Connect) -> Connect:
    if device.mode != "subsystem":
        return NONE
    if device.type == "mdev":
        waits = is_pci_open(device.address)
        return native if device.model == "vfio-pci" or not waits else NONE
    if device.type == "scsi_host":
        return _virtio(device.model, native)
    return native if device.type == "pci" else NONE


def _balloon(device: Any, native: Connect) -> Connect:
    return _virtio(device.model, native) if device.model.startswith("virtio") else NONE


def _video(device: Any, native: Connect) -> Connect:
    model = device.model.type if device.model is not None else None
    if model in ("virtio", "bochs"):
        return native
    return CONVENTIONAL if model in _CONVENTIONAL_VIDEO else NONE


def _input(device: Any, native: Connect) -> Connect:
    return _virtio(device.model, native) if device.bus == "virtio" else NONE


def _serial(device: Any, native: Connect) -> Connect:
    target = device.target
    return CONVENTIONAL if target is not None and target.type == "pci-serial" else NONE


def _iommu(device: Any, native: Connect) -> Connect:
    return native | Connect.INTEGRATED if device.model == "virtio" else NONE


def _memory(device: Any, native: Connect) -> Connect:
    return native if device.model in ("virtio-pmem", "virtio-mem") else NONE


def _panic(device: Any, native: Connect) -> Connect:
    return CONVENTIONAL | Connect.INTEGRATED if device.model == "pvpanic" else NONE


def _watchdog(device: Any, native: Connect) -> Connect:
    return CONVENTIONAL if device.model == "i6300esb" else NONE


def _conventional(device: Any, native: Connect) -> Connect:
    return CONVENTIONAL


_RULES: dict[str, Callable[[Any, Connect], Connect]] = {
    "controller": _controller,
    "crypto": _conventional,
    "disk": _disk,
    "filesystem": _filesystem,
    "hostdev": _hostdev,
    "input": _input,
    "interface": _interface,
    "iommu": _iommu,
    "memballoon": _balloon,
    "memory": _memory,
    "panic": _panic,
    "pstore": _conventional,
    "rng": lambda device, native: _virtio(device.model, native),
    "serial": _serial,
    "shmem": _conventional,
    "sound": _sound,
    "video": _video,
    "vsock": lambda device, native: _virtio(device.model, native),
    "watchdog": _watchdog,
}
