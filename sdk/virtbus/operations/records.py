"""What agents publish about a domain: its record and its statistics.

States and their reasons have the names of libvirt's virDomainState and
virDomain*Reason, in lower case.
"""

from __future__ import annotations

import enum
from uuid import UUID

import msgspec


class State(enum.StrEnum):
    """A domain's state (virDomainState)."""

    NOSTATE = "nostate"
    RUNNING = "running"
    BLOCKED = "blocked"
    PAUSED = "paused"
    SHUTDOWN = "shutdown"
    SHUTOFF = "shutoff"
    CRASHED = "crashed"
    PMSUSPENDED = "pmsuspended"


ACTIVE_STATES = frozenset(
    {State.RUNNING, State.BLOCKED, State.PAUSED, State.SHUTDOWN, State.PMSUSPENDED}
)


class DomainRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One domain as its agent publishes it under `state/domain/UUID`.

    `id` is -1 when inactive; times are Unix time in ms; `unresponsive_since_ms` is 0 while
    the guest's monitor answers; `max_memory_kib` is the most the balloon may give back to it.
    """

    uuid: UUID
    name: str
    state: State
    reason: str
    id: int = -1
    persistent: bool = True
    autostart: bool = False
    updated: bool = False
    os_type: str = ""
    arch: str = ""
    title: str = ""
    vcpus: int = 1
    max_vcpus: int = 1
    memory_kib: int = 0
    max_memory_kib: int = 0
    since_ms: int = 0
    unresponsive_since_ms: int = 0

    @property
    def active(self) -> bool:
        """True while there is a guest (libvirt's virDomainIsActive)."""
        return self.state in ACTIVE_STATES


RECORDS: dict[str, type[msgspec.Struct]] = {"domain": DomainRecord}
"""What agents publish of each kind of object under `state/KIND/ID`."""


class VcpuStats(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One virtual CPU: whether it is online, and the host CPU time it used."""

    number: int
    online: bool = True
    time_ns: int = 0


class BlockStats(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One disk's counters since the guest's start, and its sizes.

    `allocation_bytes` is the highest offset written, `capacity_bytes` what the guest sees.
    """

    name: str
    path: str = ""
    read_requests: int = 0
    read_bytes: int = 0
    read_time_ns: int = 0
    write_requests: int = 0
    write_bytes: int = 0
    write_time_ns: int = 0
    flush_requests: int = 0
    flush_time_ns: int = 0
    allocation_bytes: int = 0
    capacity_bytes: int = 0


class InterfaceStats(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One network interface's counters on the host's side, seen from the guest."""

    name: str
    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_drops: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_drops: int = 0


class DomainStats(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Statistics of one domain (virDomainStatsRecord), taken at `time_ms` (Unix time).

    `complete` is False when the guest did not answer within the request's bound; what
    needs no answer from the guest (CPU time, state) is there all the same.
    """

    uuid: UUID
    name: str
    time_ms: int
    state: State
    reason: str
    complete: bool = True
    cpu_time_ns: int = 0
    cpu_user_ns: int = 0
    cpu_system_ns: int = 0
    balloon_current_kib: int = 0
    balloon_maximum_kib: int = 0
    resident_kib: int = 0
    vcpus: tuple[VcpuStats, ...] = ()
    blocks: tuple[BlockStats, ...] = ()
    interfaces: tuple[InterfaceStats, ...] = ()
