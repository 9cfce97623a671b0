"""What the agent opens for a guest's devices, for QEMU to inherit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.character_source import (
    CharacterBackend,
    CharacterSource,
    CharacterType,
)
from virtbus.model.domain.devices.tpm import DEFAULT_DEVICE, Tpm

from .aliases import alias_of
from .runtime import FdRequest, RuntimePaths

VHOST_VSOCK = "/dev/vhost-vsock"


def name_sockets(domain: Domain, directory: str) -> None:
    """Give channels whose socket has no path one in `directory`, the guest's own."""
    for channel in domain.devices.channels:
        if channel.type == "unix" and not (channel.source and channel.source.path):
            path = f"{directory}/{alias_of(channel)}.sock"
            channel.sources = [CharacterSource(mode="bind", path=path)]


def fds_needed(domain: Domain) -> list[FdRequest]:
    """All that must be open before a prepared domain can start."""
    return list(_requests(domain.devices))


def set_words(name: str, sets: Mapping[str, int], runtime: RuntimePaths) -> Iterator[str]:
    """The option that gives QEMU a descriptor it opens by `set_path`, when there is one."""
    if name in sets:
        yield from ("-add-fd", f"set={sets[name]},fd={runtime.fds[name]},opaque={name}")


def set_path(name: str, sets: Mapping[str, int], otherwise: str) -> str:
    """The path under which QEMU finds a descriptor; `otherwise` when it opens that itself."""
    return f"/dev/fdset/{sets[name]}" if name in sets else otherwise


def sets_of(domain: Domain, runtime: RuntimePaths) -> dict[str, int]:
    """The number of each set of descriptors, by the name of what is in it."""
    requests = [request for request in _requests(domain.devices) if request.in_set]
    names = [request.name for request in requests if request.name in runtime.fds]
    first = len(runtime.storage.vdpa_fds)
    return {name: number for number, name in enumerate(names, first)}


def line_backends(
    devices: Devices,
) -> Iterator[tuple[str, CharacterType, CharacterBackend]]:
    """Every line of a guest that QEMU has an end of: the device's alias, the type, the line."""
    for card in devices.smartcards:
        if card.mode == "passthrough" and card.type:
            yield alias_of(card), card.type, card
    for serial in devices.serials:
        yield alias_of(serial), serial.type, serial
    for parallel in devices.parallels:
        yield alias_of(parallel), parallel.type, parallel
    for channel in devices.channels:
        yield alias_of(channel), channel.type, channel
    for console in devices.consoles:
        if console.target and console.target.type != "serial":
            yield alias_of(console), console.type, console
    for redirdev in devices.redirdevs:
        yield alias_of(redirdev), redirdev.type, redirdev
    for rng in devices.rngs:
        if rng.backend.model == "egd" and rng.backend.type:
            yield alias_of(rng), rng.backend.type, rng.backend


def _requests(devices: Devices) -> Iterator[FdRequest]:
    for alias, kind, line in line_backends(devices):
        yield from _line(alias, kind, line)
    for nic in devices.interfaces:
        if nic.type == "vdpa" and nic.source and nic.source.dev:
            yield FdRequest(name=f"{alias_of(nic)}-vdpa", path=nic.source.dev, use="device")
    for tpm in devices.tpms:
        if tpm.backend.type == "passthrough" and tpm.model != "spapr-tpm-proxy":
            path, cancel = passthrough_paths(tpm)
            yield FdRequest(name=f"{alias_of(tpm)}-tpm", path=path, use="device")
            yield FdRequest(name=f"{alias_of(tpm)}-cancel", path=cancel, use="cancel")
    if devices.vsock is not None:
        cid = devices.vsock.cid
        number = (cid.address if cid and not cid.auto else None) or 0
        name = f"{alias_of(devices.vsock)}-vhost"
        yield FdRequest(name=name, path=VHOST_VSOCK, use="vsock", cid=number)


def passthrough_paths(tpm: Tpm) -> tuple[str, str]:
    """The host's TPM, and where a command to it is cancelled."""
    path = (tpm.backend.device.path if tpm.backend.device else None) or DEFAULT_DEVICE
    return path, f"/sys/class/tpm/{path.rpartition('/')[2]}/device/cancel"


def _line(alias: str, kind: CharacterType, line: CharacterBackend) -> Iterator[FdRequest]:
    source = line.source
    if kind == "file" and source and source.path:
        yield _file(f"{alias}-source", source.path, source.append)
    elif kind == "unix" and source and source.path and source.mode == "bind":
        yield FdRequest(name=f"{alias}-source", path=source.path, use="listen")
    if line.log is not None and line.log.file:
        yield _file(f"{alias}-log", line.log.file, line.log.append)


def _file(name: str, path: str, append: bool | None) -> FdRequest:
    return FdRequest(name=name, path=path, use="append" if append else "truncate")
