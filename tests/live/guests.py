"""Real guests on a bus of the test's own: documents, the boot image, processes, the end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.bus import Bus, Process, wait_for
from tools.bootimage import write_boot_image
from virtbus.client.sync.connection import Connection, connect
from virtbus.client.sync.domain import Domain
from virtbus.operations.records import State

AGENT = "virtbus_qemu"
ROUTE = "qemu:///system"
DOCUMENT = """\
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>
"""
SERIAL = "<serial type='pty'/>"
DISK = """\
<disk type='file' device='disk'>
  <driver name='qemu' type='raw'/><source file='{path}'/><target dev='{dev}' bus='{bus}'/>
</disk>
"""


class QemuBus:
    """A bus with a qemu-agent and a connection to it."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.broker = bus.start_broker()
        self.agent = self.start_agent()
        self.connection = self.connect()

    def start_agent(self) -> Process:
        """Start the agent, again perhaps; on return it serves its route."""
        self.agent = self.bus.start_agent(AGENT, routes=[ROUTE])
        return self.agent

    def connect(self) -> Connection:
        """Another connection."""
        return connect(ROUTE, endpoint=str(self.bus.run_dir))

    def define(self, name: str, *, machine: str = "pc", devices: str = SERIAL) -> Domain:
        """Define a small guest."""
        document = DOCUMENT.format(name=name, machine=machine, devices=devices)
        return self.connection.define_domain(xml=document)

    def boot_disk(self, name: str = "boot.img", *, dev: str = "hda", bus: str = "ide") -> str:
        """A disk element with the boot image on it."""
        path = self.bus.directory / name
        write_boot_image(path)
        return DISK.format(path=path, dev=dev, bus=bus)

    def pid(self, domain: Domain) -> int:
        """The process of a guest."""
        found = [pid for pid in self.pids() if f"guest={domain.name}," in command_line(pid)]
        assert len(found) == 1, f"{domain.name}: {found}"
        return found[0]

    def pids(self) -> list[int]:
        """All QEMU processes whose monitor is in this bus's directory, or was."""
        uuids = [str(domain.uuid) for domain in self.connection.list_domains()]
        return [
            int(entry.name)
            for entry in Path("/proc").glob("[0-9]*")
            if any(uuid in command_line(int(entry.name)) for uuid in uuids)
        ]

    def end_guests(self) -> None:
        """Destroy what runs; the agent must be there."""
        if not self.agent.alive:
            self.start_agent()
        for domain in self.connection.list_domains(active=True):
            domain.destroy(grace_ms=0)


def namespaces_work() -> bool:
    """Whether network namespaces can be made and entered here, as they cannot in a bare chroot."""
    name = f"virtbus-{os.getpid()}-try"
    try:
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    try:
        entered = ["ip", "netns", "exec", name, "true"]
        return subprocess.run(entered, capture_output=True, timeout=30, check=False).returncode == 0
    finally:
        subprocess.run(
            ["ip", "netns", "delete", name], capture_output=True, timeout=30, check=False
        )


def command_line(pid: int) -> str:
    """The arguments of a QEMU process; "" if it is none, or gone."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return text.replace("\0", " ") if text.startswith("/usr/bin/qemu-system-") else ""


def wait_for_state(domain: Domain, state: State, *, timeout_s: float = 10.0) -> None:
    """Return once the domain is in that state."""
    wait_for(
        lambda: domain.get_state().state is state, f"{domain.name} {state}", timeout_s=timeout_s
    )


@contextmanager
def qemu_bus() -> Iterator[QemuBus]:
    """A bus, an agent, a connection; at the end no guest is left."""
    with Bus() as bus:
        lab = QemuBus(bus)
        try:
            yield lab
        finally:
            lab.end_guests()
            lab.connection.close()
