"""The test driver: every operation on domains that live in memory and compute nothing."""

from __future__ import annotations

import errno
import os
import platform
import stat
import time
from uuid import UUID

from virtbus.agent import AgentSettings, DefiningDriver, Host, Stream, handles
from virtbus.errors import InvalidArgument, InvalidDocument, InvalidState, NoSuchAgent
from virtbus.model.domain import Domain
from virtbus.operations import domain
from virtbus.operations import host as host_operations
from virtbus.operations.event import DomainReboot, Lifecycle
from virtbus.operations.records import DomainStats, State, VcpuStats

from . import translate

BANNER = b"virtbus guest ready\r\n"


class TestDriver(DefiningDriver[AgentSettings]):
    """Domains in memory. `test:///default` has one that runs; other routes name a file."""

    name = "test"
    routes = ("test:///default", "test:///*")
    keeps_store = False
    architecture = translate.ARCHITECTURE

    def __init__(self, host: Host[AgentSettings]) -> None:
        super().__init__(host)
        self._started_ns: dict[UUID, int] = {}
        self._consoles: dict[UUID, Stream] = {}

    async def open(self) -> None:
        """Define and start what the route names."""
        for xml in self._documents():
            document = await self.read_document(xml)
            await self.guests.keep(document, autostart=False)
            await self.start_guest(document, paused=False)

    def _documents(self) -> list[str]:
        if self.host.route == self.routes[0]:
            return [translate.DEFAULT_DOMAIN]
        path = self.host.route.removeprefix("test://")
        try:
            text = _read_file(path)
        except OSError as error:
            raise NoSuchAgent(
                f"{self.host.route}: {error.strerror}; give the path of a file the agent may read",
                route=self.host.route,
            ) from error
        return translate.domains_of_file(text)

    async def complete(self, document: Domain) -> None:
        """Only domains of type test."""
        if document.type != "test":
            reason = f"this agent runs type='test', not {document.type!r}"
            raise InvalidDocument(reason, line=document.line, element="domain", reason=reason)

    async def launch(self, document: Domain, *, paused: bool) -> Domain:
        """Nothing runs; only the clock starts."""
        self._started_ns[UUID(document.uuid)] = time.monotonic_ns()
        return document

    @handles(domain.Suspend)
    async def suspend(self, request: domain.Suspend) -> None:
        """Pause a running domain."""
        self.guests.in_state(request.domain, State.RUNNING)
        self.guests.change(request.domain, State.PAUSED, "user", Lifecycle.SUSPENDED, "paused")

    @handles(domain.Resume)
    async def resume(self, request: domain.Resume) -> None:
        """Let a paused domain run on."""
        self.guests.in_state(request.domain, State.PAUSED)
        self.guests.change(request.domain, State.RUNNING, "unpaused", Lifecycle.RESUMED, "unpaused")

    @handles(domain.Shutdown)
    async def shutdown(self, request: domain.Shutdown) -> None:
        """Shut a running domain down; a test domain obeys at once."""
        self.guests.in_state(request.domain, State.RUNNING)
        self._stop(request.domain, "shutdown")

    @handles(domain.Destroy)
    async def destroy(self, request: domain.Destroy) -> None:
        """End an active domain."""
        self.guests.active(request.domain)
        self._stop(request.domain, "destroyed")

    @handles(domain.Reboot)
    async def reboot(self, request: domain.Reboot) -> None:
        """Start a running domain anew, as its document's on_reboot says."""
        record = self.guests.in_state(request.domain, State.RUNNING)
        live = self.guests.live(request.domain)
        if live is not None and live.on_reboot == "destroy":
            self._stop(request.domain, "shutdown")
        else:
            self.host.emit(DomainReboot(uuid=record.uuid, name=record.name))

    @handles(domain.Reset)
    async def reset(self, request: domain.Reset) -> None:
        """Press the reset button of an active domain."""
        record = self.guests.active(request.domain)
        self.host.emit(DomainReboot(uuid=record.uuid, name=record.name))

    @handles(domain.SendKey)
    async def send_key(self, request: domain.SendKey) -> None:
        """Take the keys of a running domain, which nobody reads."""
        self.guests.in_state(request.domain, State.RUNNING)

    @handles(domain.GetInfo)
    def get_info(self, request: domain.GetInfo) -> domain.DomainInfo:
        """State, memory, CPUs; a test domain uses one CPU all the time."""
        record = self.host.domains.get(request.domain)
        return domain.DomainInfo(
            state=record.state,
            max_memory_kib=record.max_memory_kib,
            memory_kib=record.memory_kib,
            vcpus=record.vcpus,
            cpu_time_ns=self._cpu_time_ns(request.domain),
        )

    async def domain_stats(self, uuid: UUID, wait_s: float) -> DomainStats:
        """CPU time since the start, on each virtual CPU alike."""
        record = self.host.domains.get(uuid)
        cpu_time_ns = self._cpu_time_ns(uuid)
        return DomainStats(
            uuid=uuid,
            name=record.name,
            time_ms=time.time_ns() // 1_000_000,
            state=record.state,
            reason=record.reason,
            cpu_time_ns=cpu_time_ns,
            balloon_current_kib=record.memory_kib,
            balloon_maximum_kib=record.max_memory_kib,
            vcpus=tuple(
                VcpuStats(number=number, time_ns=cpu_time_ns // record.vcpus)
                for number in range(record.vcpus)
            ),
        )

    @handles(domain.OpenConsole)
    async def open_console(self, request: domain.OpenConsole, stream: Stream) -> None:
        """A guest that greets and echoes what it is sent."""
        uuid = request.domain
        self.guests.active(uuid)
        if request.device not in (None, "serial0"):
            raise InvalidArgument(
                f"device: no console {request.device!r}; there is serial0",
                field="device",
                reason="unknown",
            )
        if uuid in self._consoles:
            if not request.steal:
                raise InvalidState("the console is in use; ask with steal to take it", state="")
            self._consoles[uuid].end("cancelled")
        self._consoles[uuid] = stream
        stream.accept()
        try:
            await stream.write(BANNER)
            while data := await stream.read():
                await stream.write(data)
        finally:
            if self._consoles.get(uuid) is stream:
                del self._consoles[uuid]

    @handles(host_operations.GetInfo)
    def get_host_info(self, request: host_operations.GetInfo) -> host_operations.HostInfo:
        """The test host."""
        return translate.host_info(platform.node(), self.host.version, self.host.route)

    @handles(host_operations.GetCapabilities)
    def get_capabilities(
        self, request: host_operations.GetCapabilities
    ) -> host_operations.CapabilitiesXml:
        """The test host's capabilities."""
        return host_operations.CapabilitiesXml(xml=translate.capabilities())

    def _stop(self, uuid: UUID, reason: str) -> None:
        self._started_ns.pop(uuid, None)
        if (console := self._consoles.pop(uuid, None)) is not None:
            console.end("finished")
        self.guests.stopped(uuid, reason, reason)

    def _cpu_time_ns(self, uuid: UUID) -> int:
        started_ns = self._started_ns.get(uuid)
        return time.monotonic_ns() - started_ns if started_ns is not None else 0


def _read_file(path: str) -> bytes:
    """What is in a regular file; anything else (a pipe would never end) is an OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return file.read(translate.MAX_FILE_BYTES)
