"""Finding the guests of an earlier run of the agent, and saying what changed meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal

from virtbus.agent import Host
from virtbus.errors import InvalidDocument, VirtbusError
from virtbus.model.domain import parse_domain
from virtbus_qemu.link import ProcessIdentity, adopt
from virtbus_qemu.link.facts import Facts, forget, read_facts
from virtbus_qemu.link.host import find_by_uuid

from .launch import Launcher
from .running import RunningGuest
from .settings import QemuSettings


class Found:
    """What an earlier run left: guests that run on, and those that are gone."""

    def __init__(self) -> None:
        self.running: list[RunningGuest] = []
        self.gone: list[Facts] = []


def find_guests(host: Host[QemuSettings], launcher: Launcher) -> Found:
    """Adopt the processes that still run. A start that was cut short is undone."""
    found = Found()
    for facts in read_facts(launcher.run / "guests"):
        paths = launcher.paths(facts.uuid, facts.name)
        identity = ProcessIdentity(facts.pid, facts.start_time_ticks, facts.uuid)
        process = adopt(identity, log=paths.log) if facts.pid else None
        if process is not None and paths.document.exists():
            try:
                document = parse_domain(paths.document.read_bytes())
            except InvalidDocument as error:
                process.detach()
                host.problems[str(facts.uuid)] = f"{facts.name}: {paths.document}: {error}"
                continue
            found.running.append(RunningGuest(facts, paths, process, document))
            continue
        if process is not None or not facts.pid:
            _end_half_started(host, facts)
        else:
            found.gone.append(facts)
        launcher.give_back(facts.loans)
        forget(paths)
    return found


def _end_half_started(host: Host[QemuSettings], facts: Facts) -> None:
    """The agent died between the spawn and the first instruction of the guest."""
    for pid in find_by_uuid(str(facts.uuid)):
        host.log.warning("ending a guest whose start was cut short", domain=facts.name, pid=pid)
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        finally:
            os.close(pidfd)


async def connect_all(
    guests: list[RunningGuest], launcher: Launcher, host: Host[QemuSettings], timeout_s: float
) -> list[RunningGuest]:
    """Connect to the monitors of adopted guests at once; answers those that do not answer."""

    async def connect(guest: RunningGuest) -> RunningGuest | None:
        try:
            await launcher.connect(guest, timeout_s=timeout_s)
        except VirtbusError as error:
            host.log.warning("no answer from a guest", domain=guest.facts.name, reason=str(error))
            return guest
        return None

    silent = await asyncio.gather(*(connect(guest) for guest in guests))
    return [guest for guest in silent if guest is not None]
