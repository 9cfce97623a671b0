"""Each kind of device once, in a guest that the agent starts with the real QEMU."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.guests import QemuBus, qemu_bus
from tests.peers.bus import wait_for

DOCUMENT = """\
<domain type='qemu'>
  <name>{name}</name><memory unit='MiB'>{memory_mib}</memory><vcpu>2</vcpu>
  {before}
  <os><type arch='x86_64' machine='{machine}'>hvm</type>{inos}</os>
  <features><acpi/>{features}</features>
  {after}
  <devices>{devices}</devices>
</domain>
"""
SLOTS = "<maxMemory slots='8' unit='MiB'>1024</maxMemory>"
NUMA = "<cpu><numa><cell id='0' cpus='0-1' memory='65536' unit='KiB'/></numa></cpu>"
MEMORY = "<memory model='{model}'{more}>{source}<target>{target}</target></memory>"
FILE = "<source><path>{dir}/pmem.img</path></source>"


def file_disk(target: str, bus: str, driver: str = "") -> str:
    device = "floppy" if bus == "fdc" else "disk"
    return (
        f"<disk type='file' device='{device}'><driver name='qemu' type='raw' {driver}/>"
        f"<source file='{{dir}}/{target}.img'/><target dev='{target}' bus='{bus}'/></disk>"
    )


def nics(*models: str) -> str:
    return "".join(f"<interface type='user'><model type='{m}'/></interface>" for m in models)


def memory(model: str, target: str, source: str = "", more: str = "") -> dict[str, str]:
    device = MEMORY.format(model=model, target=target, source=source, more=more)
    return {"before": SLOTS, "after": NUMA, "devices": device, "memory_mib": "192"}


GUESTS: dict[str, dict[str, str]] = {
    "disks": {
        "before": "<iothreads>2</iothreads>",
        "devices": "<controller type='scsi' model='virtio-scsi'><driver iothread='1'/></controller>"
        "<controller type='usb' model='qemu-xhci'/>"
        + file_disk("vda", "virtio", "iothread='1' cache='none' discard='unmap'")
        + file_disk("sda", "scsi")
        + file_disk("sdb", "usb")
        + file_disk("sdc", "sata")
        + file_disk("fda", "fdc"),
    },
    "pinned": {
        "before": "<iothreads>1</iothreads><cputune><vcpupin vcpu='0' cpuset='0'/>"
        "<emulatorpin cpuset='0'/><iothreadpin iothread='1' cpuset='0'/></cputune>",
        "devices": "",
    },
    "older-disks": {
        "machine": "pc",
        "devices": "<controller type='scsi' model='lsilogic'/>"
        + file_disk("hda", "ide")
        + file_disk("sda", "scsi"),
    },
    "nbd": {
        "devices": "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
        "<source protocol='nbd'><host transport='unix' socket='{dir}/nbd.sock'/></source>"
        "<target dev='vda' bus='virtio'/></disk>"
    },
    "dimm": memory("dimm", "<size unit='MiB'>128</size><node>0</node>"),
    "nvdimm": memory("nvdimm", "<size unit='MiB'>4</size><node>0</node>", FILE),
    "virtio-mem": memory(
        "virtio-mem",
        "<size unit='MiB'>128</size><node>0</node><block unit='KiB'>2048</block>"
        "<requested unit='MiB'>64</requested>",
    ),
    "virtio-pmem": memory("virtio-pmem", "<size unit='MiB'>4</size>", FILE, " access='shared'"),
    "memory-in-files": {"before": "<memoryBacking><source type='file'/></memoryBacking>"},
    "intel-iommu": {
        "features": "<ioapic driver='qemu'/>",
        "devices": "<iommu model='intel'><driver intremap='on' caching_mode='on'/></iommu>",
    },
    "virtio-iommu": {"devices": "<iommu model='virtio'/>"},
    "cpu": {
        "features": "<apic/><vmport state='off'/><pmu state='off'/>",
        "after": "<cpu mode='custom' match='exact'><model fallback='forbid'>Nehalem</model>"
        "<topology sockets='1' cores='2' threads='1'/><feature policy='disable' name='vme'/></cpu>",
    },
    "sysinfo": {
        "before": "<sysinfo type='smbios'><bios><entry name='vendor'>V</entry></bios></sysinfo>",
        "inos": "<smbios mode='sysinfo'/>",
    },
    "two-screens": {
        "devices": "<video><model type='vga'/></video><video><model type='virtio'/></video>"
    },
    "bochs": {"devices": "<video><model type='bochs'/></video>"},
    "cirrus": {"machine": "pc", "devices": "<video><model type='cirrus'/></video>"},
    "sound": {
        "machine": "pc",
        "devices": "".join(f"<sound model='{m}'/>" for m in ("ac97", "es1370", "sb16", "ich6"))
        + "<audio id='1' type='none'/>",
    },
    "watchdogs": {
        "machine": "pc",
        "devices": "".join(
            f"<watchdog model='{m}' action='reset'/>" for m in ("ib700", "i6300esb")
        ),
    },
    "nics": {"machine": "pc", "devices": nics("e1000", "ne2k_pci", "pcnet", "rtl8139", "i82551")},
    "more-nics": {
        "machine": "pc",
        "devices": nics("virtio-transitional", "virtio-non-transitional", "e1000e", "vmxnet3"),
    },
    "usb": {
        "devices": "<controller type='usb' model='qemu-xhci'/><input type='mouse' bus='usb'/>"
        "<redirdev bus='usb' type='unix'><source mode='bind' path='{dir}/redir.sock'/></redirdev>"
        "<serial type='pty'><target type='usb-serial'/></serial>"
    },
    "crypto": {"devices": "<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>"},
    "pvpanic": {"devices": "<panic model='pvpanic'/>"},
    "balloon": {"devices": "<memballoon model='virtio'><stats period='5'/></memballoon>"},
    "own-arguments": {
        "after": "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<qemu:arg value='-device'/><qemu:arg value='pvpanic'/></qemu:commandline>"
    },
}
EMPTY = {"before": "", "after": "", "features": "", "inos": "", "devices": ""}


@pytest.fixture(scope="module")
def host(require_peer: Callable[..., None]) -> Iterator[tuple[QemuBus, Path]]:
    """An agent, and a folder with images and a network block device."""
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    require_peer("qemu-nbd", "install qemu-utils")
    with qemu_bus() as lab:
        folder = lab.bus.directory / "files"
        folder.mkdir()
        folder.chmod(0o755)
        for name in ("vda", "sda", "sdb", "sdc", "hda", "net"):
            (folder / f"{name}.img").write_bytes(bytes(1024 * 1024))
        (folder / "fda.img").write_bytes(bytes(1440 * 1024))
        (folder / "pmem.img").write_bytes(bytes(4 * 1024 * 1024))
        (folder / "pmem.img").chmod(0o666)
        socket = folder / "nbd.sock"
        command = ["qemu-nbd", "-t", "-k", str(socket), "-f", "raw", str(folder / "net.img")]
        with subprocess.Popen([*command, "-e", "9"]) as server:
            try:
                wait_for(socket.exists, "the network block device")
                socket.chmod(0o666)
                yield lab, folder
            finally:
                server.terminate()


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_of_this_kind_runs(name: str, host: tuple[QemuBus, Path]) -> None:
    lab, folder = host
    values = {"machine": "q35", "memory_mib": "64", "name": name} | EMPTY | GUESTS[name]
    text = DOCUMENT.format_map(values | {"devices": values["devices"].format(dir=folder)})
    guest = lab.connection.define_domain(xml=text)
    guest.start()
    guest.destroy(grace_ms=0)
