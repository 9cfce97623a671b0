"""What the host's emulators can do, asked of themselves, and remembered.

An emulator is started once with no machine at all and asked over QMP; its raw
answers are kept in a cache file until the emulator's file changes. What the
answers mean is not decided here.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from virtbus.errors import HypervisorFailed, InvalidState, Unsupported, VirtbusError
from virtbus_qemu.link.monitor import Monitor
from virtbus_qemu.link.process import ENVIRONMENT, RunAs, listen, spawn

PROBE_TIMEOUT_S = 20.0
EMULATOR_PREFIX = "qemu-system-"
CACHE_FORMAT = 5  # raise it when ProbeReplies changes
MAX_CACHE_BYTES = 16 * 1024 * 1024

_QUERIES = {
    "version": "query-version",
    "target": "query-target",
    "machines": "query-machines",
    "kvm": "query-kvm",
    "commands": "query-commands",
    "schema": "query-qmp-schema",
    "options": "query-command-line-options",
}
_OPTIONAL_QUERIES = {
    "cpu_definitions": "query-cpu-definitions",
    "tpm_models": "query-tpm-models",
    "tpm_types": "query-tpm-types",
    "sev": "query-sev-capabilities",
    "sgx": "query-sgx-capabilities",
    "gic": "query-gic-capabilities",
}
_ASKED_DEVICES = (
    "virtio-blk-pci", "virtio-net-pci", "virtio-scsi-pci", "virtio-gpu-pci", "virtio-gpu-device",
    "virtio-balloon-pci", "virtio-balloon-ccw", "virtio-balloon-device", "virtio-mem-pci",
    "virtio-iommu-pci", "virtio-net-ccw", "virtio-scsi-ccw", "virtio-sound-pci", "vfio-pci",
    "vhost-user-fs-device", "scsi-hd", "ide-hd", "usb-storage", "usb-host", "usb-redir", "VGA",
    "qxl", "vmware-svga", "PIIX4_PM", "ICH9-LPC", "mch", "kvm-pit", "intel-iommu", "nvdimm",
    "pcie-root-port", "arm-smmuv3", "virtio-blk-ccw",
)  # fmt: skip
_ASKED_OBJECTS = (
    "memory-backend-file", "memory-backend-memfd", "iothread", "none-machine",
    "generic-pc-machine",
)  # fmt: skip


class EmulatorFile(msgspec.Struct, frozen=True):
    """One state of an emulator's file; another size, time or inode is another emulator."""

    path: str
    size_bytes: int
    mtime_ns: int
    inode: int


class ProbeReplies(msgspec.Struct, frozen=True):
    """An emulator's own words: the `return` value of each query, as QMP documents it."""

    emulator: EmulatorFile
    version: dict[str, Any]  # query-version
    target: dict[str, Any]  # query-target
    machines: list[dict[str, Any]]  # query-machines
    kvm: dict[str, Any]  # query-kvm: whether it was built in; see link.kvm for whether it works
    commands: list[dict[str, Any]]  # query-commands
    devices: list[dict[str, Any]]  # qom-list-types of "device", abstract ones left out
    objects: list[dict[str, Any]]  # qom-list-types of "user-creatable", likewise
    schema: list[dict[str, Any]]  # query-qmp-schema
    options: list[dict[str, Any]]  # query-command-line-options
    properties: dict[str, list[str]]  # device-list-properties and qom-list-properties, the names
    cpu_definitions: list[dict[str, Any]] | None = None  # None: not a command of this target
    tpm_models: list[str] | None = None  # query-tpm-models
    tpm_types: list[str] | None = None  # query-tpm-types
    sev: dict[str, Any] | None = None  # query-sev-capabilities
    sgx: dict[str, Any] | None = None  # query-sgx-capabilities
    gic: list[dict[str, Any]] | None = None  # query-gic-capabilities
    format: int = CACHE_FORMAT


def find_emulators(directories: Iterable[str] | None = None) -> list[Path]:
    """The `qemu-system-*` programs in `directories` (default: those of PATH), by name.

    The first directory that has a name wins, as it does for a shell. A link to a
    program that has a name of its own here is left out.
    """
    if directories is None:
        directories = os.environ.get("PATH", ENVIRONMENT["PATH"]).split(os.pathsep)
    found: dict[str, Path] = {}
    for directory in directories:
        for program in sorted(Path(directory).glob(EMULATOR_PREFIX + "*")) if directory else ():
            if program.is_file() and os.access(program, os.X_OK):
                found.setdefault(program.name, program)
    files: dict[Path, Path] = {}
    for program in sorted(found.values(), key=lambda program: (program.is_symlink(), program.name)):
        files.setdefault(program.resolve(), program)
    return sorted(files.values(), key=lambda program: program.name)


def identify(emulator: Path) -> EmulatorFile:
    """The present state of the emulator's file. Raises OSError if it is not there."""
    stat = emulator.stat()
    return EmulatorFile(str(emulator), stat.st_size, stat.st_mtime_ns, stat.st_ino)


async def probe(
    emulator: Path,
    cache: Path,
    *,
    run_as: RunAs | None = None,
    timeout_s: float = PROBE_TIMEOUT_S,
) -> ProbeReplies:
    """The emulator's answers, from the cache directory if they are there and fresh.

    A cache file that is missing, stale or damaged costs a new probe and is replaced.
    Raises HypervisorFailed if the emulator does not start or does not answer within
    `timeout_s`, OSError if the cache directory cannot be written.
    """
    file = identify(emulator)
    entry = cache / (hashlib.sha256(file.path.encode()).hexdigest()[:32] + ".json")
    if (kept := _read_cache(entry, file)) is not None:
        return kept
    replies = await probe_now(emulator, run_as=run_as, timeout_s=timeout_s)
    _write_cache(entry, replies)
    return replies


async def probe_now(
    emulator: Path, *, run_as: RunAs | None = None, timeout_s: float = PROBE_TIMEOUT_S
) -> ProbeReplies:
    """Start the emulator, ask it everything, end it. Raises as `probe`."""
    file = identify(emulator)
    with tempfile.TemporaryDirectory(prefix="virtbus-probe-") as directory:
        path, uuid = Path(directory, "monitor"), uuid4()
        with listen(path) as listener:
            process = spawn(
                _command(emulator, uuid, listener.fileno()),
                uuid,
                log=Path(directory, "log"),
                pass_fds=(listener.fileno(),),
                run_as=run_as,
            )
        try:
            async with asyncio.timeout(timeout_s):
                return await _ask(path, file, timeout_s)
        except (TimeoutError, VirtbusError) as error:
            await process.terminate(0)
            raise HypervisorFailed(
                f"{emulator} does not answer a probe; run it by hand to see why",
                cause=process.log_tail() or str(error) or f"silent for {timeout_s:g} s",
                operation="probe",
            ) from error
        finally:
            await process.terminate(0)


def _command(emulator: Path, uuid: UUID, fd: int) -> list[str]:
    return [
        str(emulator), "-S", "-no-user-config", "-nodefaults", "-display", "none",
        "-machine", "none", "-accel", "tcg", "-accel", "kvm", "-uuid", str(uuid),
        "-chardev", f"socket,id=monitor,fd={fd},server=on,wait=off",
        "-mon", "chardev=monitor,mode=control",
    ]  # fmt: skip


async def _ask(path: Path, file: EmulatorFile, timeout_s: float) -> ProbeReplies:
    monitor = await Monitor.connect(
        str(path), on_event=lambda _: None, on_end=lambda _: None, timeout_s=timeout_s
    )
    try:
        replies: dict[str, Any] = {"emulator": file}
        for field, query in _QUERIES.items():
            replies[field] = await monitor.execute(query, timeout_s=timeout_s)
        for field, query in _OPTIONAL_QUERIES.items():
            replies[field] = await _unless_missing(monitor, query, {}, timeout_s)
        for field, implements in (("devices", "device"), ("objects", "user-creatable")):
            replies[field] = await monitor.execute(
                "qom-list-types", {"implements": implements, "abstract": False}, timeout_s=timeout_s
            )
        names = {device["name"] for device in replies["devices"]}
        replies["properties"] = await _properties(monitor, names, timeout_s)
        return msgspec.convert(replies, ProbeReplies, from_attributes=True)
    except msgspec.ValidationError as error:
        raise HypervisorFailed(
            f"{file.path} answers in a form that is not QMP's", cause=str(error), operation="probe"
        ) from error
    finally:
        await monitor.close()


async def _properties(
    monitor: Monitor, devices: set[str], timeout_s: float
) -> dict[str, list[str]]:
    """The names of the properties of each device and object asked about that there is."""
    found: dict[str, list[str]] = {}
    asked = [("device-list-properties", name) for name in _ASKED_DEVICES if name in devices]
    asked += [("qom-list-properties", name) for name in _ASKED_OBJECTS]
    for query, name in asked:
        reply = await _unless_missing(monitor, query, {"typename": name}, timeout_s)
        if reply is not None:
            found[name] = [item["name"] for item in reply]
    return found


async def _unless_missing(
    monitor: Monitor, query: str, arguments: dict[str, Any], timeout_s: float
) -> Any:
    """The reply, or None where this target, build or host has no such thing."""
    try:
        return await monitor.execute(query, arguments, timeout_s=timeout_s)
    except (Unsupported, HypervisorFailed, InvalidState):
        return None


def _read_cache(entry: Path, file: EmulatorFile) -> ProbeReplies | None:
    try:
        with entry.open("rb") as stream:
            replies = msgspec.json.decode(stream.read(MAX_CACHE_BYTES), type=ProbeReplies)
    except (FileNotFoundError, msgspec.DecodeError, RecursionError):
        return None  # a new probe writes a good one
    return replies if replies.emulator == file and replies.format == CACHE_FORMAT else None


def _write_cache(entry: Path, replies: ProbeReplies) -> None:
    entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=entry.parent, prefix=entry.name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(msgspec.json.encode(replies))
        Path(name).replace(entry)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
