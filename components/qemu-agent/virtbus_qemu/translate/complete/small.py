"""The balloon, and what else a machine gets by itself."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.small import MemBalloon

from ..machine import Board


def small(domain: Domain, board: Board) -> None:
    """A balloon, unless the document speaks of one."""
    if domain.devices.memballoon is None:
        domain.devices.memballoon = MemBalloon(model="virtio")
