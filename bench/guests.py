"""The guests both managers get: the smallest QEMU that runs, under software emulation.

`type='qemu'` (no KVM), so that results do not depend on nested virtualisation.
The guests have no system: their firmware runs and waits, as QEMU alone would.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

MEMORY_MIB = 32
DISK_BYTES = 1 << 20
TARGETS = ("vda", "vdb")
LARGE_DISKS = 14
LARGE_NICS = 7


def names(prefix: str, count: int) -> list[str]:
    """Domain names, the same in each run."""
    return [f"bench-{prefix}-{number}" for number in range(count)]


def domain_xml(name: str, disks: Sequence[Path] = (), nic: bool = False) -> str:
    """A domain document: 1 virtual CPU, 32 MiB, no USB, no balloon.

    Up to two raw virtio disks and one user-mode virtio NIC without boot ROM.
    """
    devices = "".join(
        "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
        f"<source file='{path}'/><target dev='{target}' bus='virtio'/></disk>"
        for path, target in zip(disks, TARGETS[: len(disks)], strict=True)
    )
    if nic:
        devices += "<interface type='user'><model type='virtio'/><rom enabled='no'/></interface>"
    return (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>{MEMORY_MIB}</memory>"
        "<vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
        "<controller type='usb' model='none'/><memballoon model='none'/>"
        f"{devices}</devices></domain>"
    )


def large_document() -> str:
    """A definition of some 10 KiB as people have them: q35, disks and NICs, all addresses."""
    devices: list[str] = []
    for port in range(1, LARGE_DISKS + LARGE_NICS + 1):
        slot, function = divmod(port - 1, 8)
        multi = " multifunction='on'" if function == 0 else ""
        devices.append(
            f"<controller type='pci' index='{port}' model='pcie-root-port'>"
            f"<model name='pcie-root-port'/><target chassis='{port}' port='0x{port + 0xF:x}'/>"
            f"<address type='pci' domain='0x0000' bus='0x00' slot='0x{slot + 2:02x}' "
            f"function='0x{function}'{multi}/></controller>"
        )
    devices += [
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' "
        f"io='native' discard='unmap'/><source file='/var/lib/images/large-{number}.qcow2'/>"
        f"<target dev='vd{chr(ord('a') + number)}' bus='virtio'/>"
        f"<serial>DISK-{number:08}</serial>{_behind(number + 1)}</disk>"
        for number in range(LARGE_DISKS)
    ]
    devices += [
        f"<interface type='bridge'><mac address='52:54:00:00:00:{number:02x}'/>"
        f"<source bridge='br{number}'/><model type='virtio'/><mtu size='1500'/>"
        f"{_behind(number + LARGE_DISKS + 1)}</interface>"
        for number in range(LARGE_NICS)
    ]
    return (
        "<domain type='qemu'><name>large</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
        "<title>A database</title><memory unit='KiB'>4194304</memory>"
        "<currentMemory unit='KiB'>4194304</currentMemory><vcpu placement='static'>4</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>"
        "<features><acpi/><apic/></features><clock offset='utc'>"
        "<timer name='rtc' tickpolicy='catchup'/><timer name='hpet' present='no'/></clock>"
        f"<devices>{''.join(devices)}<serial type='pty'><target port='0'/></serial>"
        "<memballoon model='none'/></devices></domain>"
    )


def _behind(port: int) -> str:
    return f"<address type='pci' domain='0x0000' bus='0x{port:02x}' slot='0x00' function='0x0'/>"


def make_disks(folder: Path, name: str, count: int = 2) -> list[Path]:
    """Empty sparse disk images of 1 MiB for a guest; their paths."""
    paths = []
    for index in range(count):
        path = folder / f"{name}-{index}.raw"
        with path.open("wb") as image:
            image.truncate(DISK_BYTES)
        path.chmod(0o666)  # each manager may run its QEMU as another user
        paths.append(path)
    return paths
