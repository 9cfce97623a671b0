"""QEMU's replies and events, and the kernel's counters, as the catalogue's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from virtbus.errors import HypervisorFailed
from virtbus.operations.records import BlockStats, InterfaceStats, State

from .words import QmpCommand

_STATES: dict[str, tuple[State, str]] = {
    "running": (State.RUNNING, "unpaused"),
    "paused": (State.PAUSED, "user"),
    "prelaunch": (State.PAUSED, "starting up"),
    "suspended": (State.PMSUSPENDED, "unknown"),
    "io-error": (State.PAUSED, "ioerror"),
    "internal-error": (State.CRASHED, "unknown"),
    "guest-panicked": (State.CRASHED, "panicked"),
    "watchdog": (State.PAUSED, "watchdog"),
    "inmigrate": (State.PAUSED, "migration"),
    "postmigrate": (State.PAUSED, "migration"),
    "finish-migrate": (State.PAUSED, "migration"),
    "save-vm": (State.PAUSED, "save"),
    "restore-vm": (State.PAUSED, "starting up"),
    "debug": (State.PAUSED, "unknown"),
    "colo": (State.PAUSED, "unknown"),
    "shutdown": (State.SHUTDOWN, "unknown"),
}


class Units(NamedTuple):
    """What the kernel's counters count in: a clock tick, a page of memory."""

    tick_ns: int
    page_kib: int


class ProcessTimes(NamedTuple):
    """Processor time and memory of a process or thread."""

    user_ns: int
    system_ns: int
    resident_kib: int


class IoError(NamedTuple):
    """A disk's failure: which, what QEMU did ("stop", "report", "ignore"), and why."""

    device: str
    action: str
    reason: str


def state_of(status: Mapping[str, Any]) -> tuple[State, str]:
    """State and reason for a reply to query-status (QEMU's RunState)."""
    word = str(status.get("status", ""))
    if word not in _STATES:
        raise HypervisorFailed(f"QEMU reports an unknown run state {word!r}")
    return _STATES[word]


def is_down(status: Mapping[str, Any]) -> bool:
    """Whether the guest has powered off and its process waits to be ended (-no-shutdown)."""
    return status.get("status") == "shutdown"


def block_counters(reply: Sequence[Mapping[str, Any]]) -> dict[str, BlockStats]:
    """Counters by device name, of a reply to query-blockstats; the name is left empty."""
    found: dict[str, BlockStats] = {}
    for entry in reply:
        stats = entry["stats"]
        found[_device(entry)] = BlockStats(
            name="",
            read_requests=stats["rd_operations"],
            read_bytes=stats["rd_bytes"],
            read_time_ns=stats["rd_total_time_ns"],
            write_requests=stats["wr_operations"],
            write_bytes=stats["wr_bytes"],
            write_time_ns=stats["wr_total_time_ns"],
            flush_requests=stats["flush_operations"],
            flush_time_ns=stats["flush_total_time_ns"],
            allocation_bytes=stats["wr_highest_offset"],
        )
    return found


def capacities_bytes(reply: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The virtual sizes of disks by device name, of a reply to query-block."""
    return {
        _device(entry): entry["inserted"]["image"]["virtual-size"]
        for entry in reply
        if entry.get("inserted")
    }


def _device(entry: Mapping[str, Any]) -> str:
    """The id of the device, of the forms "/machine/peripheral/ID/virtio-backend" and "ID"."""
    path = str(entry.get("qdev") or entry.get("device") or "")
    parts = path.split("/")
    return parts[3] if path.startswith("/machine/peripheral/") and len(parts) > 3 else path


def balloon_kib(reply: Mapping[str, Any]) -> int:
    """The guest's memory, of a reply to query-balloon."""
    return int(reply["actual"]) // 1024


def vcpu_threads(reply: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """The host thread of each virtual CPU by its number, of a reply to query-cpus-fast."""
    ordered = sorted(reply, key=lambda entry: int(entry["cpu-index"]))
    return tuple(int(entry["thread-id"]) for entry in ordered)


def process_times(stat: str, units: Units) -> ProcessTimes:
    """Times and resident memory of a stat line (proc(5)); zeros for "", a process that is gone."""
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 22:
        return ProcessTimes(0, 0, 0)
    return ProcessTimes(
        int(fields[11]) * units.tick_ns,
        int(fields[12]) * units.tick_ns,
        int(fields[21]) * units.page_kib,
    )


def interface_stats(name: str, counters: Mapping[str, int]) -> InterfaceStats:
    """A tap's counters as the guest sees them: what the host sends, the guest receives."""
    return InterfaceStats(
        name=name,
        rx_bytes=counters.get("tx_bytes", 0),
        rx_packets=counters.get("tx_packets", 0),
        rx_errors=counters.get("tx_errors", 0),
        rx_drops=counters.get("tx_dropped", 0),
        tx_bytes=counters.get("rx_bytes", 0),
        tx_packets=counters.get("rx_packets", 0),
        tx_errors=counters.get("rx_errors", 0),
        tx_drops=counters.get("rx_dropped", 0),
    )


def io_error(data: Mapping[str, Any]) -> IoError:
    """The event BLOCK_IO_ERROR."""
    device = str(data.get("qom-path") or data.get("device") or data.get("node-name") or "")
    parts = device.split("/")
    name = parts[3] if device.startswith("/machine/peripheral/") and len(parts) > 3 else device
    reason = "enospc" if data.get("nospace") else str(data.get("reason", ""))
    return IoError(name, str(data.get("action", "")), reason)


def send_key(keys: Sequence[str], hold_time_ms: int) -> QmpCommand:
    """The command that presses keys together; names are QEMU's QKeyCode."""
    return QmpCommand(
        "send-key",
        {"keys": [{"type": "qcode", "data": key} for key in keys], "hold-time": hold_time_ms},
    )
