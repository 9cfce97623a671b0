"""Network interfaces: the card a guest sees when none is named."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface_parts import InterfaceBackend, InterfaceModel

from ..machine import Board

_VIRTIO_TYPES = ("vdpa", "vhostuser")
_BY_PREFERENCE = (
    ("rtl8139", "rtl8139"),
    ("e1000", "e1000"),
    ("virtio-net-pci", "virtio"),
    ("virtio-net-ccw", "virtio"),
    ("virtio-net-device", "virtio"),
)


def interfaces(domain: Domain, board: Board) -> None:
    """A model for each, but for cards that are handed over; passt where QEMU has nothing."""
    only_passt = board.caps.has("netdev-stream") and not board.caps.has("netdev-user")
    for nic in domain.devices.interfaces:
        if nic.model is None or nic.model.type is None:
            if nic.type in _VIRTIO_TYPES:
                nic.model = InterfaceModel(type="virtio")
            elif nic.type != "hostdev":
                nic.model = InterfaceModel(type=default_model(board))
        if nic.type == "user" and only_passt:
            nic.backend = nic.backend or InterfaceBackend()
            nic.backend.type = "passt"


def default_model(board: Board) -> str:
    """virtio where nothing older has to be matched; else what most systems have a driver for."""
    if board.s390 or board.loongarch_virt or board.riscv_virt or board.arm_virt:
        return "virtio"
    if board.arm:
        return "scm91c111" if board.machine.name == "versatilepb" else "lan9118"
    found = (model for device, model in _BY_PREFERENCE if board.caps.has_device(device))
    return next(found, "rtl8139")
