"""TPMs, vsock and panic devices: what the machine makes of those left open."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.panic import Panic, PanicModel
from virtbus.model.domain.devices.tpm import Tpm

from ..machine import Board


def facilities(domain: Domain, board: Board) -> None:
    """Models and versions; and the panic device that firmware or CPU have anyway."""
    devices = domain.devices
    for tpm in devices.tpms:
        _tpm(tpm, board)
    if devices.vsock is not None:
        devices.vsock.model = devices.vsock.model or "virtio"
    own = _own_panic(board)
    for panic in devices.panics:
        panic.model = panic.model or own
    built_in = board.pseries or board.s390
    if built_in and not any(panic.model == own for panic in devices.panics):
        devices.panics.append(Panic(model=own))


def _tpm(tpm: Tpm, board: Board) -> None:
    tpm.model = tpm.model or ("tpm-spapr" if board.ppc64 else "tpm-tis")
    if tpm.backend.type == "emulator" and tpm.backend.version is None:
        old = tpm.model == "tpm-tis" and board.x86  # as guests of that kind have always had
        tpm.backend.version = "1.2" if old else "2.0"


def _own_panic(board: Board) -> PanicModel | None:
    if board.pseries:
        return "pseries"
    if board.s390:
        return "s390"
    if board.x86:
        return "isa"
    return "pvpanic" if board.arm_virt else None
