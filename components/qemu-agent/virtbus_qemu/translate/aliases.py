"""The names devices have while a guest runs, as libvirt gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, cast

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.placed import all_placed, of_kind
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import DimmAddress, DriveAddress
from virtbus.model.domain.devices.common import USER_ALIAS, Alias
from virtbus.model.domain.devices.controller import Controller
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.disks import index_of

from .machine import Board
from .words import invalid, word

_NUMBERED = {
    "redirdev": "redir",
    "sound": "sound",
    "video": "video",
    "input": "input",
    "parallel": "parallel",
    "serial": "serial",
    "channel": "channel",
    "console": "console",
    "hub": "hub",
    "shmem": "shmem",
    "smartcard": "smartcard",
    "watchdog": "watchdog",
    "tpm": "tpm",
}
"""Families numbered by their place in the document."""
_COUNTED = {"filesystem": "fs", "rng": "rng", "crypto": "crypto"}
"""Families numbered in turn: a name a person chose takes no number."""
_SINGLE = {"memballoon": "balloon0", "vsock": "vsock0", "iommu": "iommu0", "pstore": "pstore0"}
_MEMORY = {
    "dimm": "dimm",
    "nvdimm": "nvdimm",
    "virtio-pmem": "virtiopmem",
    "virtio-mem": "virtiomem",
    "sgx-epc": "epc",
}


class _Named(Protocol):
    alias: Alias | None


def assign_aliases(domain: Domain, board: Board) -> None:
    """Name every device of a completed document; names a person chose stay."""
    devices = domain.devices
    for kind, device in all_placed(devices):
        _forget(cast(_Named, device), kind)
    for console in devices.consoles:
        _forget(console, "console")
    for disk in devices.disks:
        _name(disk, disk_alias(disk, devices))
    _interfaces_and_host_devices(devices)
    for controller in devices.controllers:
        _name(controller, _controller_alias(controller, board))
    for kind, prefix in _NUMBERED.items():
        for number, member in enumerate(_family(devices, kind)):
            if kind == "console" and number == 0 and _is_first_serial(member, devices):
                member.alias = devices.serials[0].alias
            else:
                _name(member, f"{prefix}{number}")
    for kind, prefix in _COUNTED.items():
        _count(_family(devices, kind), prefix)
    for kind, alias in _SINGLE.items():
        for member in _family(devices, kind):
            if not (kind == "memballoon" and getattr(member, "model", None) == "none"):
                _name(member, alias)
    _memory(devices)
    _refuse_doubles(domain)


def alias_of(device: _Named) -> str:
    """The name given to a device."""
    assert device.alias is not None
    return device.alias.name


def _family(devices: Devices, kind: str) -> list[_Named]:
    return cast(list[_Named], of_kind(devices, kind))


def _forget(device: _Named, kind: str) -> None:
    """Only a name that a person chose is kept."""
    alias = getattr(device, "alias", None)
    if alias is None:
        return
    if alias.name.startswith(USER_ALIAS):
        word(alias.name, f"{kind}/alias")
    else:
        device.alias = None


def _name(device: _Named, name: str) -> None:
    if device.alias is None:
        device.alias = Alias(name=name)


def _count(devices: Iterable[_Named], prefix: str, start: int = 0) -> int:
    """Number those without a name; the next number."""
    for device in devices:
        if device.alias is None:
            device.alias = Alias(name=f"{prefix}{start}")
            start += 1
    return start


def disk_alias(disk: Disk, devices: Devices) -> str:
    """A disk's name, made of where it sits."""
    place, bus = disk.address, disk.target.bus
    if not isinstance(place, DriveAddress):
        return f"{bus}-disk{index_of(disk.target.dev)}"
    if bus == "scsi":
        models = {c.index: c.model for c in devices.controllers if c.type == "scsi"}
        if models.get(place.controller) != "lsilogic":
            return f"scsi{place.controller}-{place.bus}-{place.target}-{place.unit}"
    return f"{bus}{place.controller}-{place.bus}-{place.unit}"


def _interfaces_and_host_devices(devices: Devices) -> None:
    """Interfaces that are host devices are counted with those."""
    host = [nic for nic in devices.interfaces if nic.type == "hostdev"]
    _count((nic for nic in devices.interfaces if nic.type != "hostdev"), "net")
    _count(_family(devices, "hostdev"), "hostdev", _count(host, "hostdev"))


def _controller_alias(controller: Controller, board: Board) -> str:
    index = controller.index or 0
    match controller.type:
        case "pci":
            if not board.has_pci_buses:
                return "pci"
            return f"pcie.{index}" if controller.model == "pcie-root" else f"pci.{index}"
        case "ide" if index == 0 and board.has_ide:
            return "ide"
        case "sata" if index == 0 and board.q35:
            return "ide"
        case "usb" if index == 0:
            return "usb"
        case "scsi" if index == 0 and controller.model == "ncr53c90":
            return "scsi"
    return f"{controller.type}{index}"


def _is_first_serial(console: Any, devices: Devices) -> bool:
    target = console.target
    is_serial = target is None or target.type in (None, "serial")
    return bool(is_serial and devices.serials)


def _memory(devices: Devices) -> None:
    for device in of_kind(devices, "memory"):
        module = cast(Any, device)
        prefix = _MEMORY[module.model]
        if isinstance(module.address, DimmAddress):
            _name(module, f"{prefix}{module.address.slot}")
        else:
            taken = {m.alias.name for m in _family(devices, "memory") if m.alias is not None}
            names = (f"{prefix}{number}" for number in range(len(taken) + 1))
            _name(module, next(name for name in names if name not in taken))


def _refuse_doubles(domain: Domain) -> None:
    used: set[str] = set()
    for kind, device in all_placed(domain.devices):
        alias = getattr(device, "alias", None)
        if alias is None or (isinstance(device, Controller) and device.type == "usb"):
            continue
        if alias.name in used:
            raise invalid(f"{kind}/alias", f"'{alias.name}' is used more than once", device.line)
        used.add(alias.name)
