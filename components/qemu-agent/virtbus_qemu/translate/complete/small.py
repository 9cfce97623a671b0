"""What small devices, and devices of the host, leave open."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.hostdev import MdevHostdev
from virtbus.model.domain.devices.shmem import Shmem, ShmemInterrupts, ShmemSize

from ..machine import Board
from ..words import invalid


def small(domain: Domain, board: Board) -> None:
    """Memory to share, and mediated devices without a screen."""
    for shmem in domain.devices.shmems:
        _shmem(shmem)
    for hostdev in domain.devices.hostdevs:
        if isinstance(hostdev, MdevHostdev) and hostdev.model == "vfio-pci":
            hostdev.display = bool(hostdev.display)


def _shmem(shmem: Shmem) -> None:
    """A size where there is no server; with one, interrupts through it."""
    model = shmem.model.type
    if model != "ivshmem-doorbell" and shmem.size is None:
        shmem.size = ShmemSize(unit="M", size=4)
    if model == "ivshmem":
        return
    if (shmem.server is None) == (model == "ivshmem-doorbell"):
        has = "needs" if shmem.server is None else "has no"
        raise invalid("shmem", f"model '{model}' {has} <server>", shmem.line)
    if shmem.server is not None:
        if shmem.size is not None:
            raise invalid("shmem", f"the server of model '{model}' has the size", shmem.line)
        shmem.msi = shmem.msi or ShmemInterrupts()
        if shmem.msi.ioeventfd is None:
            shmem.msi.ioeventfd = True
