"""<memory> devices: their backing, and the modules that the guest sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.memory import MemoryDevice

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..runtime import RuntimePaths
from ..words import json_option
from .memory_backend import Backends, Wanted

_DRIVERS = {
    "dimm": "pc-dimm",
    "nvdimm": "nvdimm",
    "virtio-pmem": "virtio-pmem-pci",
    "virtio-mem": "virtio-mem-pci",
}


def memory_device_options(domain: Domain, board: Board, runtime: RuntimePaths) -> Iterator[str]:
    """Each device's backing, then the device."""
    backends = Backends(domain, board.caps, runtime)
    for device in domain.devices.memories:
        wanted = _wanted(device)
        yield from backends.options(backends.make(wanted))
        if device.model == "sgx-epc":
            continue  # a part of the machine
        prealloc = device.model == "virtio-mem" and backends.preallocates(wanted)
        if not board.caps.has_property("virtio-mem-pci", "prealloc"):
            prealloc = False
        yield from ("-device", json_option(_properties(device, board, prealloc)))


def machine_memory_options(domain: Domain) -> Iterator[str]:
    """What the machine must be told of its memory devices."""
    models = [device.model for device in domain.devices.memories]
    if "nvdimm" in models:
        yield "nvdimm=on"
    enclaves = [device for device in domain.devices.memories if device.model == "sgx-epc"]
    for number, device in enumerate(enclaves):
        node = device.target.node or 0
        yield f"sgx-epc.{number}.memdev=mem{alias_of(device)}"
        yield f"sgx-epc.{number}.node={node}"


def _wanted(device: MemoryDevice) -> Wanted:
    return Wanted(
        id=f"mem{alias_of(device)}",
        size_kib=device.target.size.size_kib,
        cell=device.target.node,
        device=device,
    )


def _properties(device: MemoryDevice, board: Board, prealloc: bool) -> dict[str, Any]:
    target, alias = device.target, alias_of(device)
    return {
        "driver": _DRIVERS[device.model],
        "node": target.node,
        "label-size": target.label.size.size_kib * 1024 if target.label else None,
        "block-size": target.block.size_kib * 1024 if target.block else None,
        "requested-size": (target.requested.size_kib * 1024 or None) if target.requested else None,
        "uuid": device.uuid,
        "unarmed": True if target.readonly else None,
        "memdev": f"mem{alias}",
        "prealloc": prealloc or None,
        "memaddr": target.address.base if target.address else None,
        "dynamic-memslots": target.dynamic_memslots,
        "id": alias,
        **place_of(device.address, board),
    }
