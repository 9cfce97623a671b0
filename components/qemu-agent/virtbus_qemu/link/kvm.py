"""Whether KVM works here: shown by a guest that ran, not by a device that opens.

In nested or odd set-ups /dev/kvm opens, and guests then hang or crawl. So a guest
of a few instructions is booted through the BIOS with `-accel kvm`; it proves itself
by the emulator's exit code, within a bound that real KVM keeps ten times over.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from uuid import uuid4

import msgspec

from virtbus_qemu.link.process import RunAs, spawn

BOOT_TIMEOUT_S = 2.0
_EXIT_PORT = 0xF4
_ANSWER = 0x2A
_EXIT_CODE = _ANSWER << 1 | 1  # how isa-debug-exit turns a byte into an exit code

_BOOT_SECTOR = bytes(
    [
        0xB0, _ANSWER,     # mov al, _ANSWER
        0xE6, _EXIT_PORT,  # out _EXIT_PORT, al: the emulator exits
        0xF4,              # hlt
        0xEB, 0xFD,        # jmp back to hlt
    ]
).ljust(510, b"\0") + b"\x55\xaa"  # fmt: skip
_DISK_BYTES = 1024 * 1024  # SeaBIOS boots from no disk smaller than a cylinder


class AcceleratorVerdict(msgspec.Struct, frozen=True):
    """Whether guests run under the accelerator; if not, `reason` says what was seen."""

    works: bool
    reason: str = ""


async def kvm_verdict(
    emulator: Path, cache: Path, *, run_as: RunAs | None = None
) -> AcceleratorVerdict:
    """As `try_kvm`, asked once per boot of the host: the verdict is kept in `cache`."""
    if not os.access("/dev/kvm", os.F_OK):
        return AcceleratorVerdict(False, "there is no /dev/kvm")
    entry = cache / f"kvm-{emulator.name}-{_boot_id()}.json"
    if (kept := _read_verdict(entry)) is not None:
        return kept
    verdict = await try_kvm(emulator, run_as=run_as)
    _write_verdict(entry, verdict)
    return verdict


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _read_verdict(entry: Path) -> AcceleratorVerdict | None:
    try:
        return msgspec.json.decode(entry.read_bytes(), type=AcceleratorVerdict)
    except (FileNotFoundError, msgspec.DecodeError):
        return None  # a new trial writes a good one


def _write_verdict(entry: Path, verdict: AcceleratorVerdict) -> None:
    entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = entry.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(verdict))
    new.replace(entry)


async def try_kvm(
    emulator: Path, *, run_as: RunAs | None = None, timeout_s: float = BOOT_TIMEOUT_S
) -> AcceleratorVerdict:
    """Boot a tiny guest of an x86 `emulator` under KVM and say whether it came up.

    Takes some 0.1 s where KVM works, and at most `timeout_s` where it does not.
    Raises HypervisorFailed if the emulator cannot be executed.
    """
    return await try_accelerator(emulator, "kvm", run_as=run_as, timeout_s=timeout_s)


async def try_accelerator(
    emulator: Path,
    accelerator: str,
    *,
    run_as: RunAs | None = None,
    timeout_s: float = BOOT_TIMEOUT_S,
) -> AcceleratorVerdict:
    """As `try_kvm`, for any accelerator that QEMU's `-accel` knows."""
    disk, uuid = _boot_disk(), uuid4()
    with tempfile.TemporaryDirectory(prefix="virtbus-kvm-") as directory:
        try:
            process = spawn(
                [
                    str(emulator), "-no-user-config", "-nodefaults", "-display", "none",
                    "-machine", "pc", "-accel", accelerator, "-m", "8", "-uuid", str(uuid),
                    "-add-fd", f"fd={disk},set=1",
                    "-drive", "file=/dev/fdset/1,format=raw,if=virtio,readonly=on",
                    "-device", f"isa-debug-exit,iobase={_EXIT_PORT:#x},iosize=1",
                ],
                uuid,
                log=Path(directory, "log"),
                pass_fds=(disk,),
                run_as=run_as,
            )  # fmt: skip
        finally:
            os.close(disk)
        try:
            status = await asyncio.wait_for(process.wait(), timeout_s)
        except TimeoutError:
            return AcceleratorVerdict(False, f"a guest did not boot within {timeout_s:g} s")
        finally:
            await process.terminate(0)
        if status.code == _EXIT_CODE:
            return AcceleratorVerdict(True)
        return AcceleratorVerdict(False, process.log_tail() or f"the emulator ended with {status}")


def _boot_disk() -> int:
    writable = os.memfd_create("boot", os.MFD_CLOEXEC)
    try:
        os.truncate(writable, _DISK_BYTES)
        os.pwrite(writable, _BOOT_SECTOR, 0)
        # QEMU takes a descriptor out of a set only for the very access it was opened with.
        return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)
