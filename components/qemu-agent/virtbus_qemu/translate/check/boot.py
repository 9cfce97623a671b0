"""What is booted, and the firmware that boots it."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.firmware import Loader

from ..machine import Board
from ..words import invalid, unsupported


def check_boot(domain: Domain, board: Board) -> None:
    """Refuse firmware that the machine cannot have, or not with the rest of the document."""
    boot, features = domain.os, domain.features
    loader = boot.loader or Loader()
    if loader.secure:
        if not board.q35 or board.arch != "x86_64":
            raise unsupported("os/loader", "secure='yes' on this machine", loader.line)
        smm = features.smm if features else None
        if boot.firmware is None and (smm is None or not smm.state):
            raise invalid("os/loader", "secure='yes' needs <smm/>", loader.line)
    for table in boot.acpi.table if boot.acpi else ():
        if table.type == "rawset":
            raise unsupported("os/acpi/table", "type 'rawset'", table.line)
    source = boot.nvram.source if boot.nvram else None
    if source is not None and (source.slices or source.reservations):
        raise unsupported("os/nvram", "slices and reservations", source.line)
