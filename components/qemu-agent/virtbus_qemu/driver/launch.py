"""Starting a guest: prepare, spawn, talk, let it run; or leave nothing behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from virtbus.agent import Host
from virtbus.errors import HypervisorFailed, VirtbusError
from virtbus.model.domain import Domain, format_domain
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus_qemu.link import Monitor, MonitorEvent, Process, RunAs, listen, spawn
from virtbus_qemu.link.facts import Facts, GuestPaths, forget, paths_of, write_document, write_facts
from virtbus_qemu.link.files import Loan, give_back, lend, make_directory
from virtbus_qemu.link.host import UNITS
from virtbus_qemu.link.hostdevices import render_node
from virtbus_qemu.link.hugepages import default_hugepage_kib
from virtbus_qemu.link.numa import online_nodes
from virtbus_qemu.link.passed import open_passed
from virtbus_qemu.link.process import ENVIRONMENT
from virtbus_qemu.translate import (
    CommandLine,
    QemuCapabilities,
    RuntimePaths,
    prepare,
    set_ptys,
    set_vnc_port,
    translate,
)
from virtbus_qemu.translate.files import files_of
from virtbus_qemu.translate.unsupported import refuse_not_on_host

from .affinity import bind_threads
from .hostwork import find_devices, find_storage, hugepage_folders, open_queues, start_servers
from .running import RunningGuest
from .settings import QemuSettings

CONNECT_S = 20.0
SETUP_S = 20.0
OnEvent = Callable[[RunningGuest, MonitorEvent], None]
OnEnd = Callable[[RunningGuest, str], None]


class Launcher:
    """Starts the guests of one route, and connects to their monitors."""

    def __init__(
        self, host: Host[QemuSettings], run_as: RunAs | None, on_event: OnEvent, on_end: OnEnd
    ) -> None:
        self._host = host
        self._run_as = run_as
        self._on_event = on_event
        self._on_end = on_end
        self.run = host.directories.run / "qemu"
        self._log = host.directories.log / "qemu"
        self._tpm = host.directories.state / "qemu" / "tpm"
        self.nvram = host.directories.state / "qemu" / "nvram"

    def make_directories(self) -> None:
        """The agent's own folders; guests may pass through to their sockets, and no further."""
        make_directory(self.run, 0o711)
        make_directory(self.run / "guests", 0o700)
        make_directory(self.run / "sockets", 0o711)
        make_directory(self._log, 0o700)
        for folder in (self._host.directories.state, self._tpm.parent, self._tpm, self.nvram):
            make_directory(folder, 0o711)

    def paths(self, uuid: UUID, name: str) -> GuestPaths:
        """Where a guest's files are."""
        return paths_of(uuid, name, self.run, self._log)

    async def launch(
        self, document: Domain, caps: QemuCapabilities, *, paused: bool
    ) -> RunningGuest:
        """Start a guest. On return it runs, or is paused.

        Raises HypervisorFailed with what QEMU said; then nothing is left of it.
        """
        uuid = UUID(document.uuid)
        paths = self.paths(uuid, document.name)
        with ExitStack() as undo:
            undo.callback(forget, paths)
            guest, command = await self._spawn(document, caps, paths, undo)
            try:
                await self._talk(guest, command, paused=paused)
            except VirtbusError as error:
                said = guest.process.log_tail()
                raise HypervisorFailed(
                    f"QEMU did not start {document.name!r}; its log is {paths.log}",
                    cause=said or str(error),
                    operation="start",
                ) from error
            undo.pop_all()
        return guest

    async def _spawn(
        self, document: Domain, caps: QemuCapabilities, paths: GuestPaths, undo: ExitStack
    ) -> tuple[RunningGuest, CommandLine]:
        uuid = UUID(document.uuid)
        facts = Facts(uuid=uuid, name=document.name, since_ms=time.time_ns() // 1_000_000)
        make_directory(paths.directory, 0o700, self._run_as)
        write_facts(paths.facts, facts)
        with listen(paths.monitor) as listener, ExitStack() as passed:
            monitor_fd = listener.fileno()
            command, servers = await self._ready(document, caps, paths, monitor_fd, undo, passed)
            loans = self._lend(command.domain)
            undo.callback(self.give_back, loans)
            process = spawn(
                command.argv,
                uuid,
                log=paths.log,
                pass_fds=command.fds,
                run_as=self._run_as,
                environment=ENVIRONMENT | command.environment,
            )
        undo.callback(process.send_signal, signal.SIGKILL)
        guest = RunningGuest(facts, paths, process, command.domain, servers)
        identity = process.identity
        guest.note(pid=identity.pid, start_time_ticks=identity.start_time_ticks, loans=loans)
        return guest, command

    async def _ready(
        self,
        document: Domain,
        caps: QemuCapabilities,
        paths: GuestPaths,
        monitor_fd: int,
        undo: ExitStack,
        passed: ExitStack,
    ) -> tuple[CommandLine, tuple[Process, ...]]:
        uuid, directory = UUID(document.uuid), paths.directory
        screens = self._host.settings.screens
        prepared = prepare(
            document, caps, str(directory), state=self._tpm_state(uuid), screens=screens
        )
        live, needs = prepared.domain, prepared.needs
        refuse_not_on_host(live)
        queues = await open_queues(live, needs.taps, passed)
        fds, cid = open_passed(needs.fds, passed)
        if live.devices.vsock is not None and live.devices.vsock.cid is not None:
            live.devices.vsock.cid.address = cid
        devices = find_devices(live, needs, screens, passed)
        runtime = RuntimePaths(
            monitor_fd=monitor_fd,
            directory=str(directory),
            tap_fds=queues.taps,
            vhost_fds=queues.vhost,
            fds=fds,
            host_nodes=online_nodes(),
            now_s=int(time.time()),
            time_offset_s=time.localtime().tm_gmtoff,
            page_kib=UNITS.page_kib,
            default_hugepage_kib=default_hugepage_kib(),
            hugepage_directories=hugepage_folders(live, self._run_as),
            memory_directory=str(directory),
            storage=find_storage(live, needs.storage, directory, self._run_as, passed),
            screens=screens,
            render_node=render_node(),
            ports=devices.ports,
            usb_places=devices.usb,
            scsi_generic=devices.scsi,
            vhost_scsi_fds=devices.vhost_scsi,
        )
        command = translate(live, caps, runtime)
        if live.devices.tpms:
            make_directory(self._tpm / str(uuid), 0o711)
        servers = start_servers(needs.companions, uuid, paths.log, self._run_as, undo)
        return command, servers

    def _tpm_state(self, uuid: UUID) -> str:
        """Where the TPM of a guest remembers what outlives its runs."""
        return str(self._tpm / str(uuid) / "state")

    def _lend(self, document: Domain) -> tuple[Loan, ...]:
        return lend(files_of(document), self._run_as) if self._run_as is not None else ()

    def give_back(self, loans: tuple[Loan, ...]) -> None:
        """Restore the owners of what a guest was lent."""
        for failure in give_back(loans):
            self._host.log.warning("a file keeps the guest's user as its owner", reason=failure)

    async def _talk(self, guest: RunningGuest, command: CommandLine, *, paused: bool) -> None:
        await self.connect(guest, timeout_s=self._host.left_s(CONNECT_S))
        await bind_threads(guest, command.affinity, timeout_s=self._host.left_s(SETUP_S))
        for step in command.setup:
            timeout_s = self._host.left_s(SETUP_S)
            await guest.execute(step.name, step.arguments, timeout_s=timeout_s)
        if any(device.type == "pty" for device in guest.document.devices.serials):
            reply = await guest.execute("query-chardev", timeout_s=self._host.left_s(SETUP_S))
            set_ptys(guest.document, reply)
        screens = guest.document.devices.graphics
        if any(isinstance(screen, VncGraphics) and screen.autoport for screen in screens):
            reply = await guest.execute("query-vnc", timeout_s=self._host.left_s(SETUP_S))
            set_vnc_port(guest.document, reply)
        self.keep_document(guest)
        if not paused:
            await guest.execute("cont", timeout_s=self._host.left_s(SETUP_S))
        guest.note(
            state="paused" if paused else "running", reason="starting up" if paused else "booted"
        )

    def keep_document(self, guest: RunningGuest) -> None:
        """Keep a guest's live document for the agent's next start."""
        write_document(guest.paths.document, format_domain(guest.document, with_secrets=True))

    async def connect(self, guest: RunningGuest, *, timeout_s: float) -> None:
        """Connect to a guest's monitor. Raises Unresponsive or HypervisorFailed."""

        def ended(reason: str) -> None:
            guest.monitor = None
            self._on_end(guest, reason)

        guest.monitor = await Monitor.connect(
            str(guest.paths.monitor),
            on_event=lambda event: self._on_event(guest, event),
            on_end=ended,
            timeout_s=timeout_s,
        )
