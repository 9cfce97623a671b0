"""The host's NUMA nodes, from sysfs."""

from __future__ import annotations

from pathlib import Path

from virtbus.model.engine.number_sets import numbers

_ONLINE = Path("/sys/devices/system/node/online")


def online_nodes() -> frozenset[int] | None:
    """The numbers of the nodes that are there; None where the kernel does not tell."""
    try:
        return frozenset(numbers(_ONLINE.read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        return None
