"""A Linux guest that tells what hardware it sees: Debian's kernel, busybox, and one script.

Debian's packages are downloaded once and unpacked into a cache, not installed. The guest
prints its report on the first serial port, and waits to be destroyed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BEGIN, END = "REPORT BEGINS", "REPORT ENDS"
COMMAND_LINE = "console=ttyS0 quiet panic=-1 net.ifnames=0 scsi_mod.scan=sync"
APT_S = 600
MODULES = (
    "sd_mod", "sr_mod", "virtio_pci", "virtio_blk", "virtio_net", "virtio_balloon", "virtio_rng",
    "ata_piix", "ahci", "sym53c8xx", "virtio_scsi", "nvme", "floppy",
    "8139cp", "e1000", "e1000e", "uhci_hcd", "ehci_pci", "xhci_pci", "usb_storage", "usbhid",
    "i6300esb", "snd_hda_intel", "snd_intel8x0", "i2c_piix4", "i2c_i801", "evdev",
)  # fmt: skip
INIT = """\
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev
$b mount -t proc none /proc
$b mount -t sysfs none /sys
$b mount -t devtmpfs none /dev
for module in $($b cat /modules); do
    $b insmod /lib/$module 2>/dev/null
    # Linux names disks in the order in which it finds them, and looks everywhere at once.
    case $module in ata_piix*|ahci*|sym53c8xx*|virtio_scsi*|usb?storage*) $b sleep 2;; esac
done
$b sleep 3
exec >/dev/ttyS0
echo; echo "REPORT BEGINS"
for d in /sys/bus/pci/devices/*; do
    line="pci ${d##*/}"
    for f in class vendor device revision subsystem_vendor subsystem_device; do
        line="$line $($b cat $d/$f)"
    done
    echo "$line"
done
for d in /sys/block/*; do
    case ${d##*/} in loop*|ram*) continue;; esac
    echo "block ${d##*/} $($b cat $d/size) $($b readlink -f $d)"
done
for d in /sys/class/net/*; do
    echo "net ${d##*/} $($b cat $d/address) $($b readlink -f $d/device)"
done
for d in /sys/bus/usb/devices/*; do
    [ -e $d/idVendor ] && echo "usb ${d##*/} $($b cat $d/idVendor):$($b cat $d/idProduct)"
done
$b grep -h -E "^(N|P): " /proc/bus/input/devices | while read line; do echo "input $line"; done
for d in /sys/bus/virtio/devices/*; do
    [ -e $d ] && echo "virtio ${d##*/} $($b cat $d/device)"
done
echo "cpu $($b grep -c ^processor /proc/cpuinfo) $($b grep -m1 'model name' /proc/cpuinfo)"
echo "flags $($b grep -m1 ^flags /proc/cpuinfo)"
echo "memory $($b grep MemTotal /proc/meminfo)"
for f in sys_vendor product_name bios_vendor chassis_vendor; do
    echo "dmi $f $($b cat /sys/class/dmi/id/$f)"
done
echo "REPORT ENDS"
while true; do $b sleep 1000; done
"""


class LinuxImage(NamedTuple):
    """What a document names for a direct kernel boot."""

    kernel: Path
    initrd: Path


class NoLinux(Exception):
    """The kernel cannot be had here; the message says why."""


def linux_image() -> LinuxImage:
    """The kernel and the initial RAM disk, made when they are not in the cache."""
    folder = Path(os.environ.get("VIRTBUS_CACHE_DIR") or ROOT / ".cache") / "linux-guest"
    folder.mkdir(parents=True, exist_ok=True)
    kernel, initrd = folder / "vmlinuz", folder / "initrd"
    if not kernel.exists():
        tree = _unpacked(folder, _kernel_package(), "busybox-static")
        _make_initrd(tree, initrd)
        shutil.copy(next((tree / "boot").glob("vmlinuz-*")), folder / "vmlinuz.new")
        (folder / "vmlinuz.new").rename(kernel)
        shutil.rmtree(tree)
    return LinuxImage(kernel, initrd)


def report_of(text: str) -> list[str]:
    """The lines of a guest's report; raises ValueError when it is not all there."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"no report; the guest's last words: {text[-2000:]}")
    return [
        line.strip() for line in text.partition(BEGIN)[2].partition(END)[0].splitlines() if line
    ]


def _kernel_package() -> str:
    found = re.search(
        r"Depends: (linux-image-\S+)", _run("apt-cache", "depends", "linux-image-amd64")
    )
    if not found:
        raise NoLinux("apt knows no linux-image-amd64: run apt-get update")
    return found[1]


def _unpacked(folder: Path, *packages: str) -> Path:
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    _run("apt-get", "-q", "download", *packages, cwd=tree)
    for package in sorted(tree.glob("*.deb")):
        _run("dpkg-deb", "-x", package.name, ".", cwd=tree)
        package.unlink()
    return tree


def _make_initrd(tree: Path, initrd: Path) -> None:
    """busybox, the modules in an order in which they load, and the script."""
    root = tree / "initrd"
    for name in ("bin", "lib"):
        (root / name).mkdir(parents=True)
    shutil.copy(tree / "bin/busybox", root / "bin/busybox")
    modules = {
        path.name.partition(".")[0].replace("-", "_"): path
        for path in tree.glob("lib/modules/**/*.ko*")
    }
    order: list[str] = []
    for name in MODULES:
        _add_module(name, modules, order)
    for name in order:
        shutil.copy(modules[name], root / "lib")
    (root / "modules").write_text("\n".join(modules[name].name for name in order), encoding="ascii")
    (root / "init").write_text(INIT, encoding="ascii")
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = subprocess.run(
        [root / "bin/busybox", "cpio", "-o", "-H", "newc"],
        cwd=root,
        input=names.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    initrd.write_bytes(archive.stdout)


def _add_module(name: str, modules: dict[str, Path], order: list[str]) -> None:
    """The module after those it depends on; one that this kernel has built in is left out."""
    if name in order or name not in modules:
        return
    for needed in _needs(modules[name]):
        _add_module(needed, modules, order)
    order.append(name)


def _needs(module: Path) -> list[str]:
    """What the module itself says it depends on (its .modinfo section)."""
    found = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    return (
        [name.replace("-", "_") for name in found[1].decode().split(",") if name] if found else []
    )


def _run(*command: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=True,
            timeout=APT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise NoLinux(f"{' '.join(command[:2])}: {said[-300:]}") from error
    return done.stdout
