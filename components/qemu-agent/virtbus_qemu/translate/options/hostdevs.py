"""Devices of the host, given to the guest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import DriveAddress
from virtbus.model.domain.devices.hostdev import (
    Hostdev,
    MdevHostdev,
    PciHostdev,
    PciHostSource,
    ScsiHostdev,
    ScsiHostSource,
    UsbHostdev,
    VhostScsiHostdev,
)
from virtbus.model.domain.devices.interface import Interface
from virtbus.model.domain.devices.interface_source import HostPciAddress as CardPlace
from virtbus.model.host_address import HostPciAddress

from ..aliases import alias_of
from ..boot import devices_have_loadparm
from ..host_devices import scsi_nodes, secret_of
from ..machine import Board
from ..places import device_place, place_of
from ..runtime import RuntimePaths
from ..storage.blocknodes import secret_option
from ..words import invalid, json_option, unsupported
from .virtio import virtio_device

_GUEST_RESET: dict[str | None, tuple[bool | None, bool | None]] = {
    None: (None, None),
    "off": (False, None),
    "uninitialized": (True, False),
    "on": (True, True),
}
_BY_UNIT = ("lsilogic", "ncr53c90", "dc390", "am53c974")
"""Controllers whose bus has numbered units and nothing below them."""


class _Guest(NamedTuple):
    """What the options of one device depend on."""

    domain: Domain
    board: Board
    runtime: RuntimePaths
    boot: int | None


def hostdev_options(
    domain: Domain, board: Board, runtime: RuntimePaths, order: dict[int, int]
) -> Iterator[str]:
    """Host devices; one at no address stays with the host, unused."""
    nodes = {id(device): node for device, node in scsi_nodes(domain)}
    for nic in domain.devices.interfaces:
        if nic.type == "hostdev":
            guest = _Guest(domain, board, runtime, order.get(id(nic)))
            yield from ("-device", json_option(_pci(card_of(nic), guest)))
    for hostdev in domain.devices.hostdevs:
        guest = _Guest(domain, board, runtime, order.get(id(hostdev)))
        match hostdev:
            case PciHostdev(address=address) if address and address.type == "unassigned":
                continue
            case PciHostdev():
                yield from ("-device", json_option(_pci(hostdev, guest)))
            case UsbHostdev():
                yield from ("-device", json_option(_usb(hostdev, guest)))
            case ScsiHostdev():
                yield from _scsi(hostdev, guest, nodes[id(hostdev)])
            case VhostScsiHostdev():
                yield from ("-device", json_option(_vhost_scsi(hostdev, guest)))
            case MdevHostdev():
                yield from ("-device", json_option(_mdev(hostdev, guest)))
            case _:
                raise unsupported("hostdev", f"mode '{hostdev.mode}'", hostdev.line)


def card_of(nic: Interface) -> PciHostdev:
    """The host's device that an interface of type 'hostdev' is."""
    place = nic.source.host_address if nic.source else None
    if not isinstance(place, CardPlace):
        raise unsupported("interface/source", "a card that is not on a PCI bus", nic.line)
    driver = nic.driver.name if nic.driver else None
    if driver not in (None, "vfio"):
        raise unsupported("interface/driver", f"name '{driver}'", nic.line)
    return PciHostdev(
        source=PciHostSource(
            address=HostPciAddress(
                domain=place.domain, bus=place.bus, slot=place.slot, function=place.function
            )
        ),
        teaming=nic.teaming,
        boot=nic.boot,
        alias=nic.alias,
        rom=nic.rom,
        acpi=nic.acpi,
        address=nic.address,
    )


def inherited_fds(domain: Domain, runtime: RuntimePaths) -> Iterator[int]:
    """The open files that QEMU is to inherit for host devices and cards."""
    devices = [*domain.devices.hostdevs, *domain.devices.videos]
    aliases = [getattr(device, "alias", None) for device in devices]
    names = [alias.name for alias in aliases if alias is not None]
    for fds in (runtime.vhost_scsi_fds, runtime.video_fds):
        yield from (fds[name] for name in names if name in fds)


def pci_name(address: HostPciAddress) -> str:
    """A PCI device of the host as Linux writes it."""
    return f"{address.domain:04x}:{address.bus:02x}:{address.slot:02x}.{address.function:x}"


def _pci(hostdev: PciHostdev, guest: _Guest) -> dict[str, Any]:
    driver = hostdev.driver.name if hostdev.driver else None
    if driver not in (None, "vfio"):
        raise unsupported("hostdev/driver", f"name '{driver}'", hostdev.line)
    rom = hostdev.rom
    return {
        "driver": "vfio-pci-nohotplug" if hostdev.ramfb else "vfio-pci",
        "host": pci_name(hostdev.source.address),
        "id": alias_of(hostdev),
        "bootindex": guest.boot,
        "failover_pair_id": hostdev.teaming.persistent if hostdev.teaming else None,
        "display": _on_off(hostdev.display),
        "ramfb": True if hostdev.ramfb else None,
        **device_place(hostdev, guest.board),
        "rombar": int(rom.bar)
        if rom and rom.enabled is not False and rom.bar is not None
        else None,
        "romfile": ("" if rom.enabled is False else rom.file) if rom else None,
    }


def _on_off(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def _usb(hostdev: UsbHostdev, guest: _Guest) -> dict[str, Any]:
    source, alias = hostdev.source, alias_of(hostdev)
    reset, resets_all = _GUEST_RESET[source.guest_reset]
    path = None
    if source.address is not None:
        path = _usb_path(source.address.bus, source.address.device)
    elif (place := guest.runtime.usb_places.get(alias)) is not None:
        path = _usb_path(place.bus, place.device)
    elif not source.missing:
        raise invalid("hostdev/source", "the host has no such USB device", hostdev.line)
    return {
        "driver": "usb-host",
        "hostdevice": path,
        "id": alias,
        "bootindex": guest.boot,
        "guest-reset": reset,
        "guest-resets-all": resets_all,
        **place_of(hostdev.address, guest.board),
    }


def _usb_path(bus: int, device: int) -> str:
    return f"/dev/bus/usb/{bus:03d}/{device:03d}"


def _scsi(hostdev: ScsiHostdev, guest: _Guest, node: str) -> Iterator[str]:
    source, alias = hostdev.source, alias_of(hostdev)
    if source.protocol == "iscsi":
        backend = _iscsi(source, hostdev, node)
        if source.auth is not None:
            yield from secret_option(secret_of(node), guest.runtime.storage)
    else:
        path = guest.runtime.scsi_generic.get(alias)
        if path is None:
            raise invalid("hostdev/source", "the host has no such SCSI device", hostdev.line)
        backend = {"driver": "host_device", "filename": path}
    backend |= {"node-name": node, "read-only": hostdev.readonly}
    yield from ("-blockdev", json_option(backend))
    properties = {
        "driver": "scsi-generic",
        "drive": node,
        "id": alias,
        "bootindex": guest.boot,
        **_scsi_place(hostdev, guest.domain),
    }
    yield from ("-device", json_option(properties))


def _iscsi(source: ScsiHostSource, hostdev: Hostdev, node: str) -> dict[str, Any]:
    (host,) = source.hosts
    target, _, unit = (source.name or "").partition("/")
    if not unit.isdecimal():
        raise invalid("hostdev/source", "a name ends in / and a unit's number", hostdev.line)
    iqn = source.initiator.iqn.name if source.initiator and source.initiator.iqn else None
    return {
        "driver": "iscsi",
        "portal": f"{host.name}:{host.port or 3260}",
        "target": target,
        "lun": int(unit),
        "transport": "tcp",
        "user": source.auth.username if source.auth else None,
        "password-secret": secret_of(node) if source.auth else None,
        "initiator-name": iqn,
    }


def _scsi_place(hostdev: ScsiHostdev, domain: Domain) -> dict[str, Any]:
    at = hostdev.address
    if not isinstance(at, DriveAddress):
        raise invalid("hostdev/address", "expected an address of type 'drive'", hostdev.line)
    for controller in domain.devices.controllers:
        if controller.type == "scsi" and controller.index == at.controller:
            bus = alias_of(controller)
            if controller.model in _BY_UNIT:
                return {"bus": f"{bus}.{at.bus}", "scsi-id": at.unit}
            return {"bus": f"{bus}.0", "channel": at.bus, "scsi-id": at.target, "lun": at.unit}
    raise invalid("hostdev/address", f"no SCSI controller has index {at.controller}", hostdev.line)


def _vhost_scsi(hostdev: VhostScsiHostdev, guest: _Guest) -> dict[str, Any]:
    alias = alias_of(hostdev)
    fd = guest.runtime.vhost_scsi_fds.get(alias)
    if fd is None:
        raise unsupported("hostdev", "type 'scsi_host' (no /dev/vhost-scsi)", hostdev.line)
    return {
        **virtio_device("vhost-scsi", hostdev.address, model=hostdev.model),
        "wwpn": hostdev.source.wwpn,
        "vhostfd": str(fd),
        "id": alias,
        **device_place(hostdev, guest.board),
    }


def _mdev(hostdev: MdevHostdev, guest: _Guest) -> dict[str, Any]:
    fixed = hostdev.model == "vfio-pci" and hostdev.ramfb
    own_loadparm = devices_have_loadparm(guest.board.caps)
    return {
        "driver": "vfio-pci-nohotplug" if fixed else hostdev.model,
        "id": alias_of(hostdev),
        "sysfsdev": f"/sys/bus/mdev/devices/{hostdev.source.address.uuid}",
        "display": _on_off(hostdev.display),
        "ramfb": True if hostdev.ramfb else None,
        "bootindex": guest.boot,
        "loadparm": hostdev.boot.loadparm if hostdev.boot and own_loadparm else None,
        **device_place(hostdev, guest.board),
    }
