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
