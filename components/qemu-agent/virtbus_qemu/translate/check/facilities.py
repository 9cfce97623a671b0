"""TPMs, random numbers, vsock, panic devices."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.panic import Panic
from virtbus.model.domain.devices.tpm import Tpm

from ..machine import Board
from ..words import invalid, unsupported
from .lines import check_line

_RNG_OBJECTS = {"random": "rng-random", "egd": "rng-egd", "builtin": "rng-builtin"}
_PROXY = "spapr-tpm-proxy"


def check_facilities(domain: Domain, board: Board) -> None:
    """Refuse the first that cannot be had."""
    devices = domain.devices
    for tpm in devices.tpms:
        _tpm(tpm, board)
    for proxy in (True, False):
        if sum((tpm.model == _PROXY) == proxy for tpm in devices.tpms) > 1:
            raise unsupported("tpm", "a second one of its kind", devices.tpms[-1].line)
    for rng in devices.rngs:
        if not board.caps.has_object(_RNG_OBJECTS[rng.backend.model]):
            model = rng.backend.model
            raise unsupported("rng/backend", f"'{model}' with this emulator", rng.line)
        if rng.backend.type:
            check_line(domain, board, rng.backend.type, rng.backend)
    if devices.vsock is not None and not _has_vsock(board):
        raise unsupported("vsock", "with this emulator", devices.vsock.line)
    for panic in devices.panics:
        _panic(panic, board)


def _has_vsock(board: Board) -> bool:
    names = ("vhost-vsock-device", "vhost-vsock-pci", "vhost-vsock-ccw")
    return any(board.caps.has_device(name) for name in names)


def _tpm(tpm: Tpm, board: Board) -> None:
    backend = tpm.backend
    has_old = tpm.model == "tpm-tis" and board.x86
    if backend.type == "emulator" and backend.version == "1.2" and not has_old:
        raise unsupported("tpm/backend", f"version 1.2 of model '{tpm.model}'", tpm.line)
    if tpm.model == _PROXY and backend.type != "passthrough":
        raise unsupported("tpm/backend", f"type '{backend.type}' of a proxy", tpm.line)
    names = (tpm.model or "", f"{tpm.model}-device")
    if not any(board.caps.has_device(name) for name in names):
        raise unsupported("tpm", f"model '{tpm.model}' with this emulator", tpm.line)


def _panic(panic: Panic, board: Board) -> None:
    at = panic.address.type if panic.address else None
    match panic.model:
        case "s390" | "pseries" | "hyperv":
            fits = {"s390": board.s390, "pseries": board.pseries, "hyperv": board.x86}
            if not fits[panic.model]:
                raise unsupported("panic", f"model '{panic.model}' on this machine", panic.line)
            if at is not None:
                raise unsupported("panic", f"an address of model '{panic.model}'", panic.line)
        case "isa":
            if not board.caps.has_device("pvpanic"):
                raise unsupported("panic", "model 'isa' with this emulator", panic.line)
            if at not in (None, "isa"):
                raise unsupported("panic", f"model 'isa' at an address of type '{at}'", panic.line)
        case "pvpanic":
            if not board.caps.has_device("pvpanic-pci"):
                raise unsupported("panic", "model 'pvpanic' with this emulator", panic.line)
            if at != "pci":
                raise invalid("panic", "model 'pvpanic' needs a PCI address", panic.line)
        case _:
            raise unsupported("panic", "no model, and this machine has none of its own", panic.line)
