"""Addresses: where each device sits on its bus."""

from __future__ import annotations

from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.ccw import assign_ccw
from virtbus.model.domain.addresses.dimm import assign_dimm
from virtbus.model.domain.addresses.faults import bad_address
from virtbus.model.domain.addresses.pci import PciMachine, assign_pci
from virtbus.model.domain.addresses.pci_set import PciTraits
from virtbus.model.domain.addresses.placed import Placed, all_placed
from virtbus.model.domain.addresses.spapr import assign_spapr_vio
from virtbus.model.domain.addresses.usb import assign_usb
from virtbus.model.domain.addresses.virtio_serial import assign_virtio_serial
from virtbus.model.domain.addresses.zpci import assign_zpci
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import UsbAddress
from virtbus.model.domain.devices.small import Hub

from ..machine import Board
from .chipset import is_piix3, reserve_chipset
from .pci_connect import connect_on
from .pci_controllers import settle_pci_controllers
from .virtio import virtio_buses


def addresses(domain: Domain, board: Board) -> None:
    """A place for every device that has none; refuses places that cannot be had."""
    devices = domain.devices
    assign_virtio_serial(devices)
    assign_spapr_vio(devices, lambda placed: _is_on_spapr_vio(placed, board))
    virtio_buses(devices, board)
    assign_ccw(devices)
    _pci(devices, board)
    _usb(devices, board)
    if domain.max_memory is not None:
        assign_dimm(devices, domain.max_memory.slots or 0)


def _pci(devices: Devices, board: Board) -> None:
    root = next((c for c in devices.controllers if c.type == "pci" and c.index == 0), None)
    express = root is not None and root.model == "pcie-root"

    def is_built_in(placed: Placed) -> bool:
        built_in = is_piix3(placed)
        if built_in and express:
            reason = "the PIIX3's own controllers need a conventional bus 0"
            raise bad_address("controller", reason, placed.device.line)
        return built_in

    caps = board.caps
    machine = PciMachine(
        has_pci=board.has_pci,
        traits=PciTraits(
            spread_over_roots=board.pseries,
            pcie_to_pci_bridge=caps.has_device("pcie-pci-bridge"),
        ),
        connect=connect_on(express),
        chipset=lambda devices, buses: reserve_chipset(devices, buses, board),
        is_built_in=is_built_in,
        group=lambda placed: 0,
    )
    assign_pci(devices, machine)
    if board.has_pci:
        settle_pci_controllers(devices, board)
        if caps.has_device("zpci"):
            assign_zpci(devices, lambda placed: placed.kind not in _WITHOUT_ZPCI)


_WITHOUT_ZPCI = ("serial", "parallel", "channel", "console")


def _is_on_spapr_vio(placed: Placed, board: Board) -> bool:
    kind = placed.kind
    device: Any = placed.device
    match kind:
        case "interface":
            return device.model is not None and device.model.type == "spapr-vlan"
        case "controller":
            return bool(device.type == "scsi" and device.model == "ibmvscsi")
        case "serial":
            return device.target is not None and device.target.type == "spapr-vio-serial"
        case "nvram":
            return board.pseries
        case "tpm":
            return board.pseries and device.model != "spapr-tpm-proxy"
    return False


def _usb(devices: Devices, board: Board) -> None:
    """A guest that was kept before keeps its USB as QEMU arranged it, until it starts."""
    settled = all(
        isinstance(d.address, UsbAddress) and d.address.port is not None
        for kind, d in all_placed(devices)
        if kind == "hub" or is_usb(Placed(kind, d))
    )
    if board.new or board.starting or settled:
        assign_usb(devices, is_usb, lambda devices: devices.hubs.append(Hub(type="usb")))


def is_usb(placed: Placed) -> bool:
    """Whether a device hangs on USB, hubs apart."""
    kind = placed.kind
    device: Any = placed.device
    match kind:
        case "hostdev" | "controller":
            return bool(device.type == ("usb" if kind == "hostdev" else "ccid"))
        case "disk":
            return bool(device.target.bus == "usb")
        case "interface":
            return device.model is not None and device.model.type == "usb-net"
        case "input" | "redirdev":
            return bool(device.bus == "usb")
        case "serial":
            return device.target is not None and device.target.type == "usb-serial"
        case "sound":
            return bool(device.model == "usb")
        case "filesystem":
            driver = getattr(device, "driver", None)
            return driver is not None and driver.type == "mtp"
    return False
