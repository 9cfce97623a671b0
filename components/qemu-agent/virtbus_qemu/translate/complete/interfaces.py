"""Network interfaces: the card a guest sees when none is named."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface_parts import InterfaceModel

from ..machine import Board

DEFAULT_NIC = "rtl8139"


def interfaces(domain: Domain, board: Board) -> None:
    """A model for each."""
    for interface in domain.devices.interfaces:
        interface.model = interface.model or InterfaceModel(type=DEFAULT_NIC)
