"""The QEMU driver: finds, checks, translates, acts, answers."""

from __future__ import annotations

import asyncio
import os
from uuid import UUID

from virtbus.agent import DefiningDriver, Host, Stream, handles
from virtbus.agent.hostinfo import host_info, read_host
from virtbus.errors import (
    HypervisorFailed,
    InvalidArgument,
    InvalidState,
    VirtbusError,
)
from virtbus.model.domain import Domain
from virtbus.operations import domain
from virtbus.operations import host as host_operations
from virtbus.operations.records import DomainStats, State
from virtbus_qemu.link import find_emulators
from virtbus_qemu.link.firmware import firmware_folders, read_firmware
from virtbus_qemu.link.host import UNITS, guest_user, read_stat
from virtbus_qemu.translate import (
    HostFirmware,
    QemuCapabilities,
    check,
    complete,
    documents,
    replies,
)
from virtbus_qemu.translate.native_form import FORMAT as NATIVE_FORMAT
from virtbus_qemu.translate.native_form import native_form

from . import stats
from .adopt import connect_all, find_guests
from .console import Consoles
from .emulators import Emulators
from .launch import Launcher
from .running import Ending, RunningGuest
from .settings import QemuSettings
from .watch import Watcher

COMMAND_S = 10.0
ADOPT_S = 2.0


class QemuDriver(DefiningDriver[QemuSettings]):
    """Runs each domain as a qemu-system process with one QMP monitor."""

    name = "qemu"
    routes = ("qemu:///system",) if os.geteuid() == 0 else ("qemu:///session",)
    settings_type = QemuSettings

    def __init__(self, host: Host[QemuSettings]) -> None:
        super().__init__(host)
        run_as = guest_user(host.settings.user)
        self._running: dict[UUID, RunningGuest] = {}
        self._watcher = Watcher(host, self.guests, self._running)
        self._launcher = Launcher(host, run_as, self._watcher.event, self._watcher.link_ended)
        self._watcher.launcher = self._launcher
        self._emulators = Emulators(host, run_as)
        self._consoles = Consoles()
        self._facts = read_host()

    @classmethod
    def unusable(cls) -> str:
        """QEMU must be there."""
        if find_emulators():
            return ""
        return "no qemu-system-* program is installed (Debian: apt install qemu-system-x86)"

    async def open(self) -> None:
        """Adopt what runs, say what ended meanwhile, start what starts with the host."""
        self._launcher.make_directories()
        await self.guests.load()
        found = find_guests(self.host, self._launcher)
        for guest in found.running:
            self._watcher.adopted(guest)
        for facts in found.gone:
            self._watcher.ended_while_away(facts)
        silent = await connect_all(found.running, self._launcher, self.host, ADOPT_S)
        for guest in found.running:
            if guest in silent:
                self._watcher.silent(guest)
            else:
                self.host.spawn(self._watcher.settle(guest), f"settle {guest.facts.name}")
        await self.autostart_once()

    async def close(self) -> None:
        """Let go of monitors and processes; guests run on."""
        self._watcher.closing = True
        for guest in list(self._running.values()):
            if guest.monitor is not None:
                await guest.monitor.close()
            for process in (guest.process, *guest.servers):
                process.detach()

    async def complete(self, document: Domain) -> None:
        """Settle the machine the guest sees, and refuse what this host's QEMU cannot do."""
        caps = await self._capabilities(document)
        asked = document.os.firmware or document.os.loader
        complete(document, caps, new=True, firmware=self._firmware() if asked else None)
        check(document, caps)

    def _firmware(self) -> HostFirmware:
        found, problems = read_firmware(firmware_folders(system=os.geteuid() == 0))
        for problem in problems:
            self.host.log.warning("a description of firmware is left out", reason=problem)
        return HostFirmware(known=found, nvram_directory=str(self._launcher.nvram))

    async def launch(self, document: Domain, *, paused: bool) -> Domain:
        """Start a guest's process."""
        caps = await self._capabilities(document)
        guest = await self._launcher.launch(document, caps, paused=paused)
        self._running[guest.facts.uuid] = guest
        self._watcher.watch(guest)
        return guest.document

    def live_changed(self, domain: UUID) -> None:
        """Keep the live document for the agent's next start."""
        if (guest := self._running.get(domain)) is not None:
            self._launcher.keep_document(guest)

    async def _capabilities(self, document: Domain) -> QemuCapabilities:
        file = self._emulators.find(document.devices.emulator, document.os.type.arch)
        caps = await self._emulators.capabilities(file)
        return await self._emulators.with_kvm(caps) if document.type == "kvm" else caps

    @handles(domain.Suspend)
    async def suspend(self, request: domain.Suspend) -> None:
        """Stop the guest's CPUs."""
        guest = self._in_state(request.domain, State.RUNNING)
        await self._execute(guest, "stop")
        self._watcher.paused(guest, "user")

    @handles(domain.Resume)
    async def resume(self, request: domain.Resume) -> None:
        """Let the guest's CPUs run."""
        guest = self._in_state(request.domain, State.PAUSED)
        await self._execute(guest, "cont")
        self._watcher.resumed(guest)

    @handles(domain.Shutdown)
    async def shutdown(self, request: domain.Shutdown) -> None:
        """Press the power button."""
        guest = self._active(request.domain)
        guest.note(reboot_asked=False)
        await self._execute(guest, "system_powerdown")

    @handles(domain.Reboot)
    async def reboot(self, request: domain.Reboot) -> None:
        """Press the power button; once the guest is down it is reset and runs again."""
        guest = self._in_state(request.domain, State.RUNNING)
        guest.note(reboot_asked=True)
        await self._execute(guest, "system_powerdown")

    @handles(domain.Reset)
    async def reset(self, request: domain.Reset) -> None:
        """Press the reset button."""
        await self._execute(self._active(request.domain), "system_reset")

    @handles(domain.SendKey)
    async def send_key(self, request: domain.SendKey) -> None:
        """Press keys together."""
        guest = self._in_state(request.domain, State.RUNNING)
        command = replies.send_key(request.keys, request.hold_time_ms)
        try:
            await self._execute(guest, command.name, command.arguments)
        except HypervisorFailed as error:
            raise InvalidArgument(
                "keys: QEMU does not take them; it knows keys as in ctrl, alt, delete, a, ret",
                field="keys",
                reason="unknown",
                cause=error.cause,
            ) from error

    @handles(domain.Destroy)
    async def destroy(self, request: domain.Destroy) -> None:
        """End the process, and wait until that is published."""
        guest = self._active(request.domain)
        guest.ending = Ending.DESTROYED
        await guest.process.terminate(request.grace_ms / 1000)
        await asyncio.shield(guest.gone)

    @handles(domain.GetInfo)
    def get_info(self, request: domain.GetInfo) -> domain.DomainInfo:
        """From the record, and the kernel's count of processor time."""
        record = self.host.domains.get(request.domain)
        guest = self._running.get(request.domain)
        stat = read_stat(guest.process.pid) if guest is not None else ""
        times = replies.process_times(stat, UNITS)
        return domain.DomainInfo(
            state=record.state,
            max_memory_kib=record.max_memory_kib,
            memory_kib=record.memory_kib,
            vcpus=record.vcpus,
            cpu_time_ns=times.user_ns + times.system_ns,
        )

    async def domain_stats(self, uuid: UUID, wait_s: float) -> DomainStats:
        """Statistics of one domain; incomplete if its monitor does not answer in time."""
        guest = self._running.get(uuid)
        found = await stats.collect(self.host.domains.get(uuid), guest, wait_s)
        if guest is not None:
            self._watcher.heard_or_not(guest)
        return found

    @handles(domain.OpenConsole)
    async def open_console(self, request: domain.OpenConsole, stream: Stream) -> None:
        """Connect a client with a serial port."""
        guest = self._active(request.domain)
        await self._consoles.serve(
            request.domain, guest.document, request.device, stream, steal=request.steal
        )

    @handles(domain.ToNative)
    async def domain_to_native(self, request: domain.ToNative) -> domain.NativeConfig:
        """The command line that a document would become."""
        if request.format != NATIVE_FORMAT:
            raise InvalidArgument(
                f"format: {request.format!r} is not spoken here; use {NATIVE_FORMAT}",
                field="format",
                reason="unknown",
            )
        document = await self.read_document(request.xml)
        caps = await self._capabilities(document)
        directory = self._launcher.paths(UUID(document.uuid), document.name).directory
        return domain.NativeConfig(config=native_form(document, caps, str(directory)))

    @handles(host_operations.GetInfo)
    async def get_host_info(self, request: host_operations.GetInfo) -> host_operations.HostInfo:
        """The host, and the version of its first emulator."""
        caps = await self._emulators.capabilities(self._emulators.find(None, None))
        return host_info(
            self._facts,
            uri=self.host.route,
            hypervisor="QEMU",
            hypervisor_version=caps.version_number,
            agent_version=self.host.version,
        )

    @handles(host_operations.GetCapabilities)
    async def get_capabilities(
        self, request: host_operations.GetCapabilities
    ) -> host_operations.CapabilitiesXml:
        """The host, and what each emulator runs."""
        xml = documents.capabilities(await self._emulators.all(), self._facts.arch)
        return host_operations.CapabilitiesXml(xml=xml)

    @handles(host_operations.GetDomainCapabilities)
    async def get_domain_capabilities(
        self, request: host_operations.GetDomainCapabilities
    ) -> host_operations.CapabilitiesXml:
        """What one emulator offers for a machine."""
        file = self._emulators.find(request.emulator, request.arch)
        caps = await self._emulators.with_kvm(await self._emulators.capabilities(file))
        xml = documents.domain_capabilities(caps, request.machine, request.virt_type)
        return host_operations.CapabilitiesXml(xml=xml)

    def _active(self, uuid: UUID) -> RunningGuest:
        record = self.guests.active(uuid)
        guest = self._running.get(uuid)
        if guest is None:
            raise InvalidState(f"domain {record.name!r} is just ending", state=record.state)
        return guest

    def _in_state(self, uuid: UUID, state: State) -> RunningGuest:
        self.guests.in_state(uuid, state)
        return self._active(uuid)

    async def _execute(
        self, guest: RunningGuest, command: str, arguments: dict[str, object] | None = None
    ) -> None:
        try:
            await guest.execute(command, arguments, timeout_s=self.host.left_s(COMMAND_S))
        except VirtbusError:
            self._watcher.heard_or_not(guest)
            raise
