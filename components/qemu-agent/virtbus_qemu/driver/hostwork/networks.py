"""Taps, and the kernel's own network device for each of their queues."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from typing import NamedTuple

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface_parts import InterfaceTarget
from virtbus_qemu.link.passed import open_vhost
from virtbus_qemu.link.tap import open_tap
from virtbus_qemu.translate import TapRequest, alias_of


class Queues(NamedTuple):
    """Open queues, by the interface's alias."""

    taps: dict[str, tuple[int, ...]]
    vhost: dict[str, tuple[int, ...]]


async def open_queues(live: Domain, requests: Iterable[TapRequest], passed: ExitStack) -> Queues:
    """Open taps, and write their names into the live document; `passed` closes them.

    Raises HypervisorFailed.
    """
    found = Queues({}, {})
    nics = {alias_of(nic): nic for nic in live.devices.interfaces}
    for tap in requests:
        name, queues = await open_tap(
            tap.name, bridge=tap.bridge, mtu_bytes=tap.mtu_bytes, queues=tap.queues
        )
        for queue in queues:
            passed.callback(os.close, queue)
        found.taps[tap.alias] = queues
        if tap.vhost:
            needed = tap.vhost_needed
            found.vhost[tap.alias] = open_vhost(tap.vhost, tap.queues, passed, needed=needed)
        nics[tap.alias].target = InterfaceTarget(dev=name)
    return found
