"""A Linux guest sees the same hardware under virtbus as under libvirt, for the same document.

Both managers get the document as a person wrote it; each completes it by itself. The guest
tells its PCI devices, disks, NICs, USB and input devices, processors and memory.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.libvirt_lab import LibvirtLab, PeerAbsent
from bench.manager import Manager
from bench.virtbus_lab import VirtbusLab
from tests.peers.linux_guest import COMMAND_LINE, END, LinuxImage, NoLinux, linux_image, report_of

BOOT_S = 240.0
SIZES_KIB = {"a": 1024, "b": 2048, "c": 3072, "d": 4096, "e": 5120}

PC = """
<disk type='file' device='disk'><source file='{a}'/><target dev='hda' bus='ide'/></disk>
<disk type='file' device='cdrom'><source file='{b}'/><target dev='hdc' bus='ide'/></disk>
<disk type='file' device='disk'><source file='{c}'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='disk'><source file='{d}'/><target dev='sdb' bus='scsi'/></disk>
<disk type='file' device='disk'><source file='{e}'/><target dev='sdc' bus='usb'/></disk>
<interface type='user'><mac address='52:54:00:aa:00:01'/><model type='virtio'/></interface>
<interface type='user'><mac address='52:54:00:aa:00:02'/><model type='e1000'/></interface>
<interface type='user'><mac address='52:54:00:aa:00:03'/></interface>
<input type='tablet' bus='usb'/>
<sound model='ich6'/>
<graphics type='vnc' port='-1'/>
<video><model type='cirrus'/></video>
<watchdog model='i6300esb'/>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<channel type='unix'><target type='virtio' name='org.example.0'/></channel>
"""
Q35 = """
<controller type='scsi' index='0' model='virtio-scsi'/>
<controller type='usb' index='0' model='ich9-ehci1'/>
<controller type='usb' index='0' model='ich9-uhci1'><master startport='0'/></controller>
<controller type='usb' index='0' model='ich9-uhci2'><master startport='2'/></controller>
<controller type='usb' index='0' model='ich9-uhci3'><master startport='4'/></controller>
<disk type='file' device='disk'><source file='{a}'/><target dev='sda' bus='sata'/></disk>
<disk type='file' device='cdrom'><source file='{b}'/><target dev='sdb' bus='sata'/></disk>
<disk type='file' device='disk'><source file='{c}'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='disk'><source file='{d}'/><target dev='sdc' bus='scsi'/></disk>
<disk type='file' device='disk'><source file='{e}'/><target dev='vdb' bus='virtio'/></disk>
<interface type='user'><mac address='52:54:00:aa:00:01'/><model type='virtio'/></interface>
<interface type='user'><mac address='52:54:00:aa:00:02'/><model type='e1000e'/></interface>
<interface type='user'><mac address='52:54:00:aa:00:03'/><model type='rtl8139'/></interface>
<input type='tablet' bus='usb'/>
<input type='keyboard' bus='virtio'/>
<sound model='ich9'/>
<graphics type='vnc' port='-1'/>
<video><model type='virtio' heads='1'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<channel type='unix'><target type='virtio' name='org.example.0'/></channel>
"""
DOCUMENT = """
<domain type='qemu'>
  <name>hardware-{machine}</name>
  <uuid>3a1b9d06-6c0c-4a2e-8a42-0d5f3f3f9a{number}</uuid>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='{machine}'>hvm</type>
    <kernel>{kernel}</kernel><initrd>{initrd}</initrd><cmdline>{command_line}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <serial type='file'><source path='{report}'/><target port='0'/></serial>
    {devices}
  </devices>
</domain>
"""


@pytest.fixture(scope="module")
def managers(require_peer: Callable[..., None]) -> Iterator[list[Manager]]:
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    with ExitStack() as stack:
        # Not pytest's folder: the paths of sockets have 107 bytes at most.
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="h")))
        root.chmod(0o711)  # guests run as another user
        try:
            libvirt = LibvirtLab(root / "l")
            stack.callback(libvirt.close)
        except PeerAbsent as absent:
            require_peer("libvirtd", str(absent), present=False)
            raise
        ours = VirtbusLab(root / "v")
        stack.callback(ours.close)
        yield [libvirt, ours]


@pytest.fixture(scope="module")
def image(require_peer: Callable[..., None]) -> LinuxImage:
    try:
        return linux_image()
    except NoLinux as absent:
        require_peer("Linux for guests", str(absent), present=False)
        raise


@pytest.mark.parametrize("machine, number, devices", [("pc", "01", PC), ("q35", "02", Q35)])
def test_the_guest_sees_what_libvirts_guest_sees(
    managers: list[Manager], image: LinuxImage, machine: str, number: str, devices: str
) -> None:
    def report(manager: Manager) -> list[str]:
        return _report(manager, image, machine, number, devices)

    with ThreadPoolExecutor(len(managers)) as pool:
        theirs, ours = pool.map(report, managers)
    for manager in managers:
        manager.undefine_all()
    assert len([line for line in ours if line.startswith("pci ")]) > 10
    assert len([line for line in ours if line.startswith("block ")]) >= len(SIZES_KIB)
    assert len([line for line in ours if line.startswith("net ")]) == 4
    assert ours == theirs


def _report(
    manager: Manager, image: LinuxImage, machine: str, number: str, devices: str
) -> list[str]:
    folder = manager.images
    disks = {name: folder / f"{machine}-{name}.raw" for name in SIZES_KIB}
    for name, path in disks.items():
        with path.open("wb") as disk:
            disk.truncate(SIZES_KIB[name] * 1024)
        path.chmod(0o666)
    told = folder / f"{machine}.report"
    told.touch(mode=0o666)
    told.chmod(0o666)
    document = DOCUMENT.format(
        machine=machine,
        number=number,
        kernel=image.kernel,
        initrd=image.initrd,
        command_line=COMMAND_LINE,
        report=told,
        devices=devices.format(**disks),
    )
    manager.define([document], [f"hardware-{machine}"])
    manager.start([f"hardware-{machine}"])
    return report_of(_when_told(told))


def _when_told(path: Path) -> str:
    """The report once it is whole, or whatever there is when the time is over."""
    deadline_s = time.monotonic() + BOOT_S
    while time.monotonic() < deadline_s:
        text = path.read_text(encoding="utf-8", errors="replace")
        if END in text:
            return text
        time.sleep(0.5)
    return path.read_text(encoding="utf-8", errors="replace") + f"\n({os.fspath(path)})"
