"""Starting a guest: prepare, spawn, talk, let it run; or leave nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from virtbus.agent import Host
from virtbus.errors import HypervisorFailed, VirtbusError
from virtbus.model.domain import Domain, format_domain
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus.model.domain.devices.interface_parts import InterfaceTarget
from virtbus_qemu.link import Monitor, MonitorEvent, RunAs, listen, spawn
from virtbus_qemu.link.chains import cd_drives, find_chain
from virtbus_qemu.link.facts import Facts, GuestPaths, forget, paths_of, write_document, write_facts
from virtbus_qemu.link.files import Loan, give_back, lend, make_directory
from virtbus_qemu.link.passed import open_passed, open_vhost
from virtbus_qemu.link.process import ENVIRONMENT
from virtbus_qemu.link.tap import open_tap
from virtbus_qemu.translate import (
    CommandLine,
    QemuCapabilities,
    QmpCommand,
    RuntimePaths,
    StorageFacts,
    StorageNeeds,
    alias_of,
    prepare,
    set_ptys,
    set_vnc_port,
    translate,
)
from virtbus_qemu.translate.files import files_of
from virtbus_qemu.translate.unsupported import refuse_not_on_host
from virtbus_qemu.translate.words import unsupported

from .running import RunningGuest
from .settings import QemuSettings

CONNECT_S = 20.0
SETUP_S = 20.0
OnEvent = Callable[[RunningGuest, MonitorEvent], None]
OnEnd = Callable[[RunningGuest, str], None]
Setup = tuple[QmpCommand, ...]


def _storage_facts(live: Domain, needs: StorageNeeds) -> StorageFacts:
    """What is found out about a guest's disks.

    Raises HypervisorFailed for a broken chain, and Unsupported for helpers nobody starts.
    """
    if needs.reservations:
        raise unsupported("disk/source/reservations", "managed='yes'")
    for fs in live.devices.filesystems:
        if fs.virtiofs and fs.socket is None:
            raise unsupported(
                "filesystem/driver", "virtiofs without a <source socket='...'>", fs.line
            )
    return StorageFacts(
        chains={request.disk: find_chain(request) for request in needs.chains},
        cdroms=cd_drives(needs.block_devices),
    )


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

    def make_directories(self) -> None:
        """The agent's own folders; guests may pass through to their sockets, and no further."""
        make_directory(self.run, 0o711)
        make_directory(self.run / "guests", 0o700)
        make_directory(self.run / "sockets", 0o711)
        make_directory(self._log, 0o700)

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
            guest, setup = await self._spawn(document, caps, paths, undo)
            try:
                await self._talk(guest, setup, paused=paused)
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
    ) -> tuple[RunningGuest, Setup]:
        uuid = UUID(document.uuid)
        facts = Facts(uuid=uuid, name=document.name, since_ms=time.time_ns() // 1_000_000)
        make_directory(paths.directory, 0o700, self._run_as)
        write_facts(paths.facts, facts)
        with listen(paths.monitor) as listener, ExitStack() as passed:
            command = await self._command(document, caps, paths, listener.fileno(), passed)
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
        guest = RunningGuest(facts, paths, process, command.domain)
        identity = process.identity
        guest.note(pid=identity.pid, start_time_ticks=identity.start_time_ticks, loans=loans)
        return guest, command.setup

    async def _command(
        self,
        document: Domain,
        caps: QemuCapabilities,
        paths: GuestPaths,
        monitor_fd: int,
        passed: ExitStack,
    ) -> CommandLine:
        prepared = prepare(document, caps, str(paths.directory))
        live, needs = prepared.domain, prepared.needs
        refuse_not_on_host(live)
        taps: dict[str, tuple[int, ...]] = {}
        vhosts: dict[str, tuple[int, ...]] = {}
        nics = {alias_of(nic): nic for nic in live.devices.interfaces}
        for tap in needs.taps:
            name, taps[tap.alias] = await open_tap(
                tap.name, bridge=tap.bridge, mtu_bytes=tap.mtu_bytes, queues=tap.queues
            )
            for queue in taps[tap.alias]:
                passed.callback(os.close, queue)
            if tap.vhost:
                vhosts[tap.alias] = open_vhost(
                    tap.vhost, tap.queues, passed, needed=tap.vhost_needed
                )
            nics[tap.alias].target = InterfaceTarget(dev=name)
        fds, cid = open_passed(needs.fds, passed)
        if live.devices.vsock is not None and live.devices.vsock.cid is not None:
            live.devices.vsock.cid.address = cid
        runtime = RuntimePaths(
            monitor_fd=monitor_fd,
            directory=str(paths.directory),
            tap_fds=taps,
            vhost_fds=vhosts,
            fds=fds,
            now_s=int(time.time()),
            storage=_storage_facts(live, needs.storage),
        )
        return translate(live, caps, runtime)

    def _lend(self, document: Domain) -> tuple[Loan, ...]:
        return lend(files_of(document), self._run_as) if self._run_as is not None else ()

    def give_back(self, loans: tuple[Loan, ...]) -> None:
        """Restore the owners of what a guest was lent."""
        for failure in give_back(loans):
            self._host.log.warning("a file keeps the guest's user as its owner", reason=failure)

    async def _talk(self, guest: RunningGuest, setup: Setup, *, paused: bool) -> None:
        await self.connect(guest, timeout_s=self._host.left_s(CONNECT_S))
        for command in setup:
            timeout_s = self._host.left_s(SETUP_S)
            await guest.execute(command.name, command.arguments, timeout_s=timeout_s)
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
