"""The qemu-agent on real QEMU: the life of a guest, its document, its console, its events."""

import re
import time
from pathlib import Path

import pytest

from tests.live.guests import DISK, SERIAL, QemuBus, command_line, wait_for_state
from tests.peers.bus import wait_for
from tools.bootimage import BANNER, POWER_BUTTON
from virtbus.client.sync.console import Console
from virtbus.client.sync.domain import Domain
from virtbus.errors import (
    AlreadyExists,
    HypervisorFailed,
    InvalidArgument,
    InvalidState,
    NoSuchDomain,
    Unsupported,
)
from virtbus.operations.domain import MetadataKind
from virtbus.operations.event import DomainLifecycle, DomainReboot, Lifecycle
from virtbus.operations.records import State

PTY_POLL_S = 1.2  # QEMU looks each second whether somebody has its pty open, and drops till then


def read_until(console: Console, text: bytes, *, timeout_s: float = 20.0) -> bytes:
    seen = b""
    while text not in seen:
        data = console.read(timeout_s=timeout_s)
        assert data, f"the console ended after {seen!r}"
        seen += data
    return seen


def boot(guest: Domain) -> Console:
    """Start a guest with an open console, on which it has greeted."""
    guest.start(paused=True)
    console = guest.open_console()
    time.sleep(PTY_POLL_S)
    guest.resume()
    read_until(console, BANNER)
    return console


def changes(lab: QemuBus) -> list[tuple[str, Lifecycle, str]]:
    events = lab.connection.replay_events(after=0).events
    return [(e.name, e.change, e.detail) for e in events if isinstance(e, DomainLifecycle)]


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_a_guest_lives_from_define_to_undefine(lab: QemuBus, machine: str) -> None:
    bus = "virtio"
    disk = lab.boot_disk(dev="vda", bus=bus)
    guest = lab.define("life", machine=machine, devices=SERIAL + disk)
    assert guest.get_state().state is State.SHUTOFF
    with boot(guest) as console:
        assert guest.get_state().state is State.RUNNING
        console.write(b"hello guest")
        read_until(console, b"hello guest")
    guest.suspend()
    assert (guest.get_state().state, guest.get_state().reason) == (State.PAUSED, "user")
    guest.resume()
    guest.shutdown()
    wait_for_state(guest, State.SHUTOFF)
    assert guest.get_state().reason == "shutdown"
    guest.undefine()
    with pytest.raises(NoSuchDomain):
        guest.get_state()
    assert [(change, detail) for _, change, detail in changes(lab)] == [
        (Lifecycle.DEFINED, "added"),
        (Lifecycle.STARTED, "booted"),
        (Lifecycle.SUSPENDED, "paused"),
        (Lifecycle.RESUMED, "unpaused"),
        (Lifecycle.SUSPENDED, "paused"),
        (Lifecycle.RESUMED, "unpaused"),
        (Lifecycle.SHUTDOWN, "finished"),
        (Lifecycle.STOPPED, "shutdown"),
        (Lifecycle.UNDEFINED, "removed"),
    ]


def test_reboot_and_reset_keep_the_process(lab: QemuBus) -> None:
    guest = lab.define("again", devices=SERIAL + lab.boot_disk())
    with boot(guest) as console:
        pid = lab.pid(guest)
        guest.reboot()
        read_until(console, POWER_BUTTON)
        read_until(console, BANNER)
        guest.reset()
        read_until(console, BANNER)
    assert lab.pid(guest) == pid
    events = lab.connection.replay_events(after=0).events
    assert sum(isinstance(event, DomainReboot) for event in events) >= 1
    assert guest.get_state().state is State.RUNNING


def test_a_transient_guest_is_gone_with_its_process(lab: QemuBus) -> None:
    defined = lab.define("one")
    document = defined.get_xml().replace("<name>one", "<name>two")
    document = re.sub(r"<uuid>.*</uuid>", "", document)
    guest = lab.connection.create_domain(xml=document, paused=True)
    assert guest.get_state().state is State.PAUSED
    assert not guest.record.persistent
    guest.destroy()
    with pytest.raises(NoSuchDomain):
        lab.connection.lookup_domain(name="two")


def test_guests_run_unprivileged_and_in_the_sandbox(lab: QemuBus) -> None:
    image = lab.bus.directory / "data.img"
    image.write_bytes(b"\0" * 1024 * 1024)
    owner = image.stat().st_uid
    disk = DISK.format(path=image, dev="vda", bus="virtio")
    guest = lab.define("low", devices=SERIAL + disk)
    guest.start()
    pid = lab.pid(guest)
    status = Path(f"/proc/{pid}/status").read_text()
    assert re.search(r"^Uid:\t(?!0\t)\d+\t", status, re.MULTILINE), "runs as root"
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert image.stat().st_uid != owner
    guest.destroy()
    assert image.stat().st_uid == owner


def test_what_cannot_start_says_why_and_leaves_nothing(lab: QemuBus) -> None:
    missing = DISK.format(path=lab.bus.directory / "none.img", dev="vda", bus="virtio")
    guest = lab.define("missing", devices=missing)
    with pytest.raises(HypervisorFailed, match=r"none\.img"):
        guest.start()
    text = lab.bus.directory / "text.qcow2"
    text.write_text("no image")
    broken = DISK.format(path=text, dev="vda", bus="virtio").replace("'raw'", "'qcow2'")
    other = lab.define("broken", devices=broken)
    with pytest.raises(HypervisorFailed, match="qcow2"):
        other.start()
    assert [domain.get_state().state for domain in (guest, other)] == [State.SHUTOFF] * 2
    assert lab.pids() == []
    assert list((lab.bus.run_dir / "qemu" / "guests").iterdir()) == []


def test_errors_name_what_is_wrong(lab: QemuBus) -> None:
    guest = lab.define("known")
    with pytest.raises(AlreadyExists, match="known"):
        lab.define("known")
    with pytest.raises(InvalidState):
        guest.suspend()
    guest.start()
    with pytest.raises(InvalidArgument, match="device"):
        guest.open_console(device="serial7")
    with pytest.raises(InvalidState):
        guest.start()
    with pytest.raises(Unsupported, match="emulator"):
        lab.define("odd", devices="<emulator>/bin/sh</emulator>")


def test_documents_and_metadata_come_back(lab: QemuBus) -> None:
    guest = lab.define("doc", devices="<graphics type='vnc' autoport='yes' passwd='secret'/>")
    assert "secret" not in guest.get_xml()
    assert "passwd='secret'" in guest.get_secret_xml()
    guest.set_metadata(kind=MetadataKind.TITLE, text="A title")
    guest.set_metadata(kind=MetadataKind.ELEMENT, text="<x/>", uri="urn:a", key="a")
    guest.set_autostart(autostart=True)
    assert guest.get_metadata(kind=MetadataKind.TITLE) == "A title"
    assert "urn:a" in (guest.get_metadata(kind=MetadataKind.ELEMENT, uri="urn:a") or "")
    assert guest.get_autostart() is True
    renamed = guest.rename(name="papers")
    assert (renamed.name, renamed.record.title) == ("papers", "A title")
    guest.start()
    live = guest.get_xml()
    assert re.search(r"<graphics type='vnc' port='59\d\d'", live)
    assert "<alias name='video0'/>" in live or "<video" not in live
    assert " id='" not in guest.get_xml(inactive=True).split("\n", maxsplit=1)[0]


def test_statistics_count_what_the_guest_does(lab: QemuBus) -> None:
    guest = lab.define("count", devices=SERIAL + lab.boot_disk(dev="vda", bus="virtio"))
    guest.start()
    wait_for(lambda: guest.get_stats().blocks[0].read_bytes >= 512, "the boot sector is read")
    stats = guest.get_stats()
    assert stats.complete
    assert stats.blocks[0].name == "vda"
    assert stats.blocks[0].capacity_bytes == 1024 * 1024
    assert len(stats.vcpus) == 1
    assert stats.resident_kib > 1024
    wait_for(lambda: guest.get_info().cpu_time_ns > 0, "the guest has used processor time")
    assert lab.connection.get_all_domain_stats(active=True)[0].name == "count"


def test_capabilities_come_from_the_emulators(lab: QemuBus) -> None:
    host = lab.connection.get_host_info()
    assert host.hypervisor == "QEMU"
    assert host.hypervisor_version >= 7_000_000
    assert "<emulator>/usr/bin/qemu-system-x86_64</emulator>" in lab.connection.get_capabilities()
    offered = lab.connection.get_domain_capabilities(machine="q35", virt_type="qemu")
    assert "<machine>pc-q35-" in offered
    with pytest.raises(Unsupported, match="no-such"):
        lab.connection.get_domain_capabilities(machine="no-such")


def test_the_command_line_has_the_hardware_of_the_definition(lab: QemuBus) -> None:
    guest = lab.define("fixed", devices=SERIAL + lab.boot_disk(dev="vda", bus="virtio"))
    before = guest.get_xml(inactive=True)
    guest.start()
    assert '"id":"virtio-disk0"' in command_line(lab.pid(guest))
    guest.destroy()
    guest.start()
    assert guest.get_xml(inactive=True) == before
