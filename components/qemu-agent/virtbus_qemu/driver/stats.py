"""Statistics of one guest: its processor time from the kernel, the rest from its monitor."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from virtbus.errors import VirtbusError
from virtbus.operations.records import (
    BlockStats,
    DomainRecord,
    DomainStats,
    InterfaceStats,
    VcpuStats,
)
from virtbus_qemu.link.host import UNITS, read_interface_counters, read_stat
from virtbus_qemu.translate import replies

from .running import RunningGuest


async def collect(record: DomainRecord, guest: RunningGuest | None, wait_s: float) -> DomainStats:
    """A domain's statistics; without what the monitor does not tell within `wait_s`."""
    stats = DomainStats(
        uuid=record.uuid,
        name=record.name,
        time_ms=time.time_ns() // 1_000_000,
        state=record.state,
        reason=record.reason,
        balloon_current_kib=record.memory_kib if guest is not None else 0,
        balloon_maximum_kib=record.max_memory_kib,
    )
    if guest is None:
        return stats
    try:
        asked = await _ask(guest, wait_s)
    except VirtbusError:
        asked = {"complete": False}
    times = replies.process_times(read_stat(guest.process.pid), UNITS)
    return msgspec.structs.replace(
        stats,
        cpu_time_ns=times.user_ns + times.system_ns,
        cpu_user_ns=times.user_ns,
        cpu_system_ns=times.system_ns,
        resident_kib=times.resident_kib,
        vcpus=_vcpus(guest),
        interfaces=_interfaces(guest),
        **asked,
    )


async def _ask(guest: RunningGuest, wait_s: float) -> dict[str, object]:
    """What only the monitor tells; what changes is asked at once, what stays the first time."""
    if not guest.facts.vcpu_threads:
        guest.note(
            vcpu_threads=replies.vcpu_threads(
                await guest.execute("query-cpus-fast", timeout_s=wait_s)
            )
        )
    if guest.document.devices.disks and not guest.capacities_bytes:
        reply = await guest.execute("query-block", timeout_s=wait_s)
        guest.capacities_bytes = replies.capacities_bytes(reply)
    questions = [guest.execute("query-blockstats", timeout_s=wait_s)]
    balloon = guest.document.devices.memballoon
    if balloon is not None and balloon.model != "none":
        questions.append(guest.execute("query-balloon", timeout_s=wait_s))
    answers = await asyncio.gather(*questions)
    found: dict[str, object] = {"blocks": _blocks(guest, answers[0])}
    if len(answers) > 1:
        found["balloon_current_kib"] = replies.balloon_kib(answers[1])
    return found


def _blocks(guest: RunningGuest, reply: list[dict[str, Any]]) -> tuple[BlockStats, ...]:
    counters = replies.block_counters(reply)
    found: list[BlockStats] = []
    for disk in guest.document.devices.disks:
        alias = disk.alias.name if disk.alias else ""
        stats = counters.get(alias)
        if stats is not None:
            found.append(
                msgspec.structs.replace(
                    stats,
                    name=disk.target.dev,
                    path=disk.path or "",
                    capacity_bytes=guest.capacities_bytes.get(alias, 0),
                )
            )
    return tuple(found)


def _vcpus(guest: RunningGuest) -> tuple[VcpuStats, ...]:
    found: list[VcpuStats] = []
    for number, tid in enumerate(guest.facts.vcpu_threads):
        times = replies.process_times(read_stat(guest.process.pid, tid), UNITS)
        found.append(VcpuStats(number=number, time_ns=times.user_ns + times.system_ns))
    return tuple(found)


def _interfaces(guest: RunningGuest) -> tuple[InterfaceStats, ...]:
    found: list[InterfaceStats] = []
    for interface in guest.document.devices.interfaces:
        name = interface.target.dev if interface.target else None
        if name and (counters := read_interface_counters(name)):
            found.append(replies.interface_stats(name, counters))
    return tuple(found)
