"""Random numbers, vsock, and how a guest tells of its crash."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.address import IsaAddress
from virtbus.model.domain.devices.panic import Panic
from virtbus.model.domain.devices.rng import Rng
from virtbus.model.domain.devices.vsock import Vsock

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of, virtio_driver, virtio_options
from ..runtime import RuntimePaths
from ..words import invalid, json_option
from .chardevs import Lines

_QEMU_PERIOD_MS = 1000


def rng_options(rngs: list[Rng], lines: Lines, board: Board) -> Iterator[str]:
    """Sources of random numbers."""
    for rng in rngs:
        alias, rate = alias_of(rng), rng.rate
        if rng.backend.model == "egd" and rng.backend.type:
            yield from lines.options(alias, rng.backend.type, rng.backend)
        yield from ("-object", json_option(_source(rng)))
        device = {
            "driver": virtio_driver("virtio-rng", rng.address, rng.model),
            **virtio_options(rng.driver),
            "rng": f"obj{alias}",
            "id": alias,
            "max-bytes": rate.bytes if rate else None,
            "period": (rate.period_ms or _QEMU_PERIOD_MS) if rate and rate.bytes else None,
            **place_of(rng.address, board),
        }
        yield from ("-device", json_option(device))


def _source(rng: Rng) -> dict[str, str | None]:
    alias, backend = alias_of(rng), rng.backend
    match backend.model:
        case "random":
            path = backend.path or "/dev/random"
            return {"qom-type": "rng-random", "id": f"obj{alias}", "filename": path}
        case "egd":
            return {"qom-type": "rng-egd", "id": f"obj{alias}", "chardev": f"char{alias}"}
        case "builtin":
            return {"qom-type": "rng-builtin", "id": f"obj{alias}"}


def vsock_options(vsock: Vsock | None, runtime: RuntimePaths, board: Board) -> Iterator[str]:
    """Sockets between guest and host; the kernel's end is inherited."""
    if vsock is None:
        return
    alias = alias_of(vsock)
    if f"{alias}-vhost" not in runtime.fds:
        raise invalid("vsock", "the kernel's end is not open", vsock.line)
    device = {
        "driver": virtio_driver("vhost-vsock", vsock.address, vsock.model),
        **virtio_options(vsock.driver),
        "id": alias,
        "guest-cid": (vsock.cid.address if vsock.cid else None) or 0,
        "vhostfd": str(runtime.fds[f"{alias}-vhost"]),
        **place_of(vsock.address, board),
    }
    yield from ("-device", json_option(device))


def panic_options(panics: list[Panic], board: Board) -> Iterator[str]:
    """The devices; what firmware, hypervisor or CPU have built in needs none."""
    for panic in panics:
        if panic.model == "isa":
            port = panic.address.iobase if isinstance(panic.address, IsaAddress) else None
            yield from ("-device", json_option({"driver": "pvpanic", "ioport": port}))
        elif panic.model == "pvpanic":
            device = {"driver": "pvpanic-pci", **place_of(panic.address, board)}
            yield from ("-device", json_option(device))
