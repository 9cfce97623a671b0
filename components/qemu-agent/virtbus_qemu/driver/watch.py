"""What running guests tell: their events, their ends, their silence; published as it comes."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec

from virtbus.agent import Host
from virtbus.agent.guests import Guests, now_ms
from virtbus.errors import VirtbusError
from virtbus.operations.event import (
    DomainBalloon,
    DomainIoError,
    DomainReboot,
    DomainRtc,
    DomainUnresponsive,
    DomainWatchdog,
    Lifecycle,
)
from virtbus.operations.records import State
from virtbus_qemu.link import MonitorEvent
from virtbus_qemu.link.facts import Facts, forget
from virtbus_qemu.translate import replies

from .launch import Launcher
from .running import Ending, RunningGuest
from .settings import QemuSettings

QUIT_S = 5.0
RETRY_S = 1.0
COMMAND_S = 10.0


class Watcher:
    """Turns what QEMU and the kernel tell of guests into published state and events."""

    launcher: Launcher

    def __init__(
        self, host: Host[QemuSettings], guests: Guests, running: dict[UUID, RunningGuest]
    ) -> None:
        self._host = host
        self._guests = guests
        self._running = running
        self._silent: set[UUID] = set()
        self.closing = False

    def watch(self, guest: RunningGuest) -> None:
        """Publish the guest's end when it comes."""
        self._host.spawn(self._wait_for_end(guest), f"end of {guest.facts.name}")

    def adopted(self, guest: RunningGuest) -> None:
        """Publish a guest that an earlier run of the agent started."""
        facts = guest.facts
        self._running[facts.uuid] = guest
        self._guests.adopted(guest.document, State(facts.state), facts.reason, facts.since_ms)
        self.watch(guest)

    def ended_while_away(self, facts: Facts) -> None:
        """Tell of a guest that ended while there was no agent; how, nobody knows."""
        if facts.uuid in self._host.domains:
            self._guests.stopped(facts.uuid, "unknown", "failed", late=True)
        else:
            self._guests.tell(facts.uuid, Lifecycle.STOPPED, "failed", name=facts.name, late=True)

    async def settle(self, guest: RunningGuest) -> None:
        """Ask an adopted guest how it is, and tell what changed while there was no agent."""
        try:
            reply = await guest.execute("query-status", timeout_s=COMMAND_S)
        except VirtbusError as error:
            self._host.log.warning("no status", domain=guest.facts.name, reason=str(error))
            self.heard_or_not(guest)
            return
        if replies.is_down(reply):
            self._down(guest, late=True)
            return
        state, reason = replies.state_of(reply)
        record = self._host.domains.get(guest.facts.uuid)
        if state is record.state:
            return
        change = Lifecycle.SUSPENDED if state is State.PAUSED else Lifecycle.RESUMED
        self._set(guest, state, reason, change, reason, late=True)

    def event(self, guest: RunningGuest, event: MonitorEvent) -> None:
        """One event of a guest's monitor."""
        uuid, name = guest.facts.uuid, guest.facts.name
        if self._running.get(uuid) is not guest:
            return
        data = event.data
        match event.name:
            case "STOP":
                self.paused(guest, "unknown")
            case "RESUME":
                self.resumed(guest)
            case "SHUTDOWN":
                self._shutdown(guest, data)
            case "RESET":
                if data.get("guest"):
                    self._host.emit(DomainReboot(uuid=uuid, name=name))
            case "GUEST_PANICKED":
                guest.ending = Ending.PANICKED
                self._set(guest, State.CRASHED, "panicked", Lifecycle.CRASHED, "panicked")
            case "BLOCK_IO_ERROR":
                self._io_error(guest, replies.io_error(data))
            case "BALLOON_CHANGE":
                self._balloon(guest, int(data["actual"]) // 1024)
            case "WATCHDOG":
                self._host.emit(DomainWatchdog(uuid=uuid, name=name, action=str(data["action"])))
            case "RTC_CHANGE":
                self._host.emit(DomainRtc(uuid=uuid, name=name, offset_s=int(data["offset"])))

    def paused(self, guest: RunningGuest, reason: str) -> None:
        """The guest's CPUs stand still."""
        record = self._host.domains.get(guest.facts.uuid)
        if record.state is State.RUNNING:
            self._set(guest, State.PAUSED, reason, Lifecycle.SUSPENDED, "paused")
        elif record.state is State.PAUSED and reason != "unknown":
            self._set(guest, State.PAUSED, reason, None, "")

    def resumed(self, guest: RunningGuest) -> None:
        """The guest's CPUs run."""
        if self._host.domains.get(guest.facts.uuid).state is State.PAUSED:
            self._set(guest, State.RUNNING, "unpaused", Lifecycle.RESUMED, "unpaused")

    def _set(
        self,
        guest: RunningGuest,
        state: State,
        reason: str,
        change: Lifecycle | None,
        detail: str,
        *,
        late: bool = False,
    ) -> None:
        self._guests.change(guest.facts.uuid, state, reason, change, detail, late=late)
        guest.note(state=str(state), reason=reason, since_ms=now_ms())

    def _shutdown(self, guest: RunningGuest, data: dict[str, object]) -> None:
        """The guest is down; QEMU waits for what the agent decides (-no-shutdown)."""
        if guest.ending is Ending.UNKNOWN:
            guest.ending = Ending.SHUTDOWN
        if data.get("guest") or guest.facts.reboot_asked:
            self._down(guest)

    def _down(self, guest: RunningGuest, *, late: bool = False) -> None:
        """The guest has powered off: start it anew if that was asked for, else end its process."""
        again = guest.facts.reboot_asked or guest.document.on_poweroff == "restart"
        change = None if again else Lifecycle.SHUTDOWN
        self._set(guest, State.SHUTDOWN, "user", change, "finished", late=late)
        self._host.spawn(self._after_down(guest, again=again), f"shutdown of {guest.facts.name}")

    async def _after_down(self, guest: RunningGuest, *, again: bool) -> None:
        if again:
            await self._start_anew(guest)
        else:
            guest.ending = Ending.SHUTDOWN
            await guest.process.terminate(QUIT_S)

    async def _start_anew(self, guest: RunningGuest) -> None:
        guest.ending = Ending.UNKNOWN
        try:
            await guest.execute("system_reset", timeout_s=COMMAND_S)
            await guest.execute("cont", timeout_s=COMMAND_S)
        except VirtbusError as error:
            self._host.log.warning("no reboot", domain=guest.facts.name, reason=str(error))
            return
        self._set(guest, State.RUNNING, "booted", None, "")
        guest.note(reboot_asked=False)
        self._host.emit(DomainReboot(uuid=guest.facts.uuid, name=guest.facts.name))

    def _io_error(self, guest: RunningGuest, error: replies.IoError) -> None:
        event = DomainIoError(
            uuid=guest.facts.uuid,
            name=guest.facts.name,
            device=error.device,
            action=error.action,
            reason=error.reason,
        )
        self._host.emit(event)
        if error.action == "stop":
            self._set(guest, State.PAUSED, "ioerror", Lifecycle.SUSPENDED, "ioerror")

    def _balloon(self, guest: RunningGuest, actual_kib: int) -> None:
        record = self._host.domains.get(guest.facts.uuid)
        self._host.domains.put(msgspec.structs.replace(record, memory_kib=actual_kib))
        self._host.emit(DomainBalloon(uuid=record.uuid, name=record.name, actual_kib=actual_kib))

    async def _wait_for_end(self, guest: RunningGuest) -> None:
        await guest.process.wait()
        uuid = guest.facts.uuid
        del self._running[uuid]
        self._silent.discard(uuid)
        self.launcher.give_back(guest.facts.loans)
        forget(guest.paths)
        self._guests.stopped(uuid, guest.ending.reason, guest.ending.detail)
        guest.gone.set_result(None)

    def link_ended(self, guest: RunningGuest, reason: str) -> None:
        """A monitor's connection ended: its process has, too, or is asked again."""
        if self.closing or self._running.get(guest.facts.uuid) is not guest:
            return
        self._host.spawn(self._connect_again(guest, reason), f"monitor of {guest.facts.name}")

    def silent(self, guest: RunningGuest) -> None:
        """A monitor that does not answer at all: publish that, and go on asking."""
        self._publish_silence(guest, now_ms())
        self._host.spawn(self._connect_again(guest, "silent"), f"monitor of {guest.facts.name}")

    async def _connect_again(self, guest: RunningGuest, reason: str) -> None:
        await asyncio.sleep(0.1)  # a process that ended is told within that time
        while self._running.get(guest.facts.uuid) is guest and guest.monitor is None:
            try:
                await self.launcher.connect(guest, timeout_s=COMMAND_S)
            except VirtbusError as error:
                self._publish_silence(guest, now_ms())
                self._host.log.warning(
                    "no monitor", domain=guest.facts.name, reason=f"{reason}; {error}"
                )
                await asyncio.sleep(RETRY_S)
                continue
            self._publish_silence(guest, 0)
            await self.settle(guest)

    def heard_or_not(self, guest: RunningGuest) -> None:
        """After a command: publish whether the guest's monitor answers."""
        since_ms = guest.monitor.silent_since_ms if guest.monitor is not None else None
        if since_ms and guest.facts.uuid not in self._silent:
            self._publish_silence(guest, since_ms)
            self._host.spawn(self._until_heard(guest), f"silence of {guest.facts.name}")

    async def _until_heard(self, guest: RunningGuest) -> None:
        while self._running.get(guest.facts.uuid) is guest:
            if guest.monitor is None or guest.monitor.silent_since_ms is None:
                break
            await asyncio.sleep(RETRY_S / 4)
        if self._running.get(guest.facts.uuid) is guest and guest.monitor is not None:
            self._publish_silence(guest, 0)
            await self.settle(guest)

    def _publish_silence(self, guest: RunningGuest, since_ms: int) -> None:
        uuid = guest.facts.uuid
        if self._running.get(uuid) is not guest or (uuid in self._silent) == bool(since_ms):
            return
        if since_ms:
            self._silent.add(uuid)
        else:
            self._silent.discard(uuid)
        record = self._host.domains.get(uuid)
        self._host.domains.put(msgspec.structs.replace(record, unresponsive_since_ms=since_ms))
        self._host.emit(DomainUnresponsive(uuid=uuid, name=record.name, responsive=not since_ms))
