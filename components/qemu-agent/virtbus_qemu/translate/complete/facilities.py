"""TPMs and vsock: what the machine makes of those left open."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.tpm import Tpm

from ..machine import Board


def facilities(domain: Domain, board: Board) -> None:
    """Models and versions."""
    devices = domain.devices
    for tpm in devices.tpms:
        _tpm(tpm, board)
    if devices.vsock is not None:
        devices.vsock.model = devices.vsock.model or "virtio"


def _tpm(tpm: Tpm, board: Board) -> None:
    tpm.model = tpm.model or ("tpm-spapr" if board.ppc64 else "tpm-tis")
    if tpm.backend.type == "emulator" and tpm.backend.version is None:
        old = tpm.model == "tpm-tis" and board.x86  # as guests of that kind have always had
        tpm.backend.version = "1.2" if old else "2.0"
