"""The guest without its devices: who runs it, and how it boots."""

from __future__ import annotations

from virtbus.model.domain import Domain

from ..machine import Board
from ..words import invalid, unsupported


def check_board(domain: Domain, board: Board) -> None:
    """Refuse a type that does not run here, and firmware and ACPI that need each other."""
    if domain.type not in board.caps.domain_types:
        raise unsupported("domain", f"type '{domain.type}' on this host", domain.line)
    os = domain.os
    flash = os.loader is not None and os.loader.type == "pflash"
    uefi = flash or os.firmware == "efi"
    acpi = domain.features is not None and domain.features.acpi
    if uefi and board.x86 and not acpi:
        raise invalid("os", f"UEFI on {board.arch} needs the feature acpi", os.line)
    if acpi and board.arch == "aarch64" and not uefi:
        raise invalid("features", "acpi on aarch64 needs UEFI firmware", os.line)
