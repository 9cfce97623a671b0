"""Small devices: IOMMUs, shared memory, inputs."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.input import Input
from virtbus.model.domain.devices.iommu import Iommu
from virtbus.model.domain.devices.shmem import MIB_BYTES, Shmem

from ..machine import Board
from ..words import invalid, unsupported

_VARIANTS = ("virtio-transitional", "virtio-non-transitional")


def check_small(domain: Domain, board: Board) -> None:
    """Refuse the first that cannot be had."""
    devices = domain.devices
    if devices.iommu is not None:
        _iommu(devices.iommu, domain, board)
    for shmem in devices.shmems:
        _shmem(shmem, board)
    for device in devices.inputs:
        _input(device, board)


def _iommu(iommu: Iommu, domain: Domain, board: Board) -> None:
    fits = {
        "intel": board.q35,
        "smmuv3": board.arm_virt,
        "virtio": board.q35 or board.arm_virt,
    }
    if not fits[iommu.model]:
        what = f"model '{iommu.model}' on machine '{board.machine.name}'"
        raise unsupported("iommu", what, iommu.line)
    device = {"intel": "intel-iommu", "virtio": "virtio-iommu-pci"}.get(iommu.model)
    if device is not None and not board.caps.has_device(device):
        raise unsupported("iommu", f"model '{iommu.model}' with this emulator", iommu.line)
    if iommu.model == "virtio":
        if not (domain.features and domain.features.acpi):
            raise invalid("iommu", "model 'virtio' needs the feature acpi", iommu.line)
        if iommu.address is not None and iommu.address.type != "pci":
            raise invalid("iommu", "model 'virtio' needs an address of type 'pci'", iommu.line)


def _shmem(shmem: Shmem, board: Board) -> None:
    size_bytes = shmem.size.size_bytes if shmem.size else MIB_BYTES
    if size_bytes < MIB_BYTES or size_bytes & (size_bytes - 1):
        reason = "the size must be a power of two, and at least 1 MiB"
        raise invalid("shmem/size", reason, shmem.line)
    model = shmem.model.type or ""
    if not board.caps.has_device(model):
        raise unsupported("shmem/model", f"'{model}' with this emulator", shmem.line)


def _input(device: Input, board: Board) -> None:
    if device.bus == "ps2" and not board.has_ps2:
        what = f"bus 'ps2' on machine '{board.machine.name}'"
        raise unsupported("input", what, device.line)
    if device.bus == "virtio" and device.model in _VARIANTS:
        raise unsupported("input", f"model '{device.model}'", device.line)
