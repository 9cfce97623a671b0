"""Binding a guest's threads to processors of the host, before it runs."""

from __future__ import annotations

from virtbus_qemu.link.affinity import pin, threads_of
from virtbus_qemu.translate.affinity import Affinity

from .running import RunningGuest


async def bind_threads(guest: RunningGuest, affinity: Affinity, *, timeout_s: float) -> None:
    """Bind a guest that has not run yet. Raises HypervisorFailed, Unresponsive.

    Threads that QEMU starts later are bound as the one that starts them.
    """
    if affinity.process:
        pin(threads_of(guest.process.pid), affinity.process)
    if affinity.vcpus:
        for vcpu in await guest.execute("query-cpus-fast", timeout_s=timeout_s):
            if processors := affinity.vcpus.get(vcpu["cpu-index"]):
                pin([vcpu["thread-id"]], processors)
    if affinity.iothreads:
        for thread in await guest.execute("query-iothreads", timeout_s=timeout_s):
            number = thread["id"].removeprefix("iothread")
            if processors := affinity.iothreads.get(int(number) if number.isdecimal() else 0):
                pin([thread["thread-id"]], processors)
