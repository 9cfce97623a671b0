"""Which threads serve the queues of a device."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.checks import iothread_ids
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.devices.disk_driver import DiskDriver, IoThreadMapping

from ..machine import Board


def iothread_faults(domain: Domain, disk: Disk, driver: DiskDriver, board: Board) -> Iterator[str]:
    """What is wrong with the threads a disk names."""
    if disk.target.bus != "virtio":
        yield f"bus '{disk.target.bus}' has no iothreads"
    known = iothread_ids(domain)
    if driver.iothread and driver.iothread not in known:
        yield f"there is no iothread {driver.iothread}"
    if driver.iothreads is not None:
        if not board.caps.has_property("virtio-blk-pci", "iothread-vq-mapping"):
            yield "this QEMU's virtio-blk has one iothread only"
        yield from mapping_faults(driver.iothreads, known, driver.queues or 0)


def mapping_faults(mapping: IoThreadMapping, known: set[int], queues: int) -> Iterator[str]:
    """What is wrong with a mapping: threads must be there, each queue must have one."""
    explicit = bool(mapping.threads and mapping.threads[0].queues)
    if explicit and not queues:
        yield "naming queues needs 'queues'"
        return
    seen: set[int] = set()
    served: set[int] = set()
    for thread in mapping.threads:
        if thread.id in seen:
            yield f"iothread {thread.id} is named twice"
        seen.add(thread.id)
        if thread.id not in known:
            yield f"there is no iothread {thread.id}"
        if bool(thread.queues) != explicit:
            yield "either all iothreads name their queues, or none"
        for queue in thread.queues:
            if queue.id >= queues:
                yield f"there is no queue {queue.id}"
            if queue.id in served:
                yield f"queue {queue.id} has two iothreads"
            served.add(queue.id)
    if explicit and len(served) < queues:
        yield "a queue has no iothread"
