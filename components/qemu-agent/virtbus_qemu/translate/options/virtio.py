"""Virtio devices: their name by the bus they sit on, and what all of them can be told."""

from __future__ import annotations

from typing import Any

from virtbus.model.domain.devices.address import Address
from virtbus.model.domain.devices.common import VirtioDriver

from ..words import invalid

_ON_BUS = {"pci": "pci", "ccw": "ccw", "virtio-mmio": "device"}
_MODELS = ("transitional", "non-transitional")


def virtio_device(
    base: str,
    address: Address | None,
    *,
    model: str | None = None,
    driver: VirtioDriver | None = None,
    suffix: bool = True,
) -> dict[str, Any]:
    """`driver` and virtio's own properties of a device such as `virtio-net`.

    `model` may end in -transitional or -non-transitional, which PCI alone has. Without
    `suffix` the name does not tell the bus.
    """
    kind = address.type if address is not None else None
    bus = _ON_BUS.get(kind or "")
    if bus is None:
        raise invalid("address", f"a virtio device sits on PCI, ccw or mmio, not on '{kind}'")
    name = f"{base}-{bus}" if suffix else base
    generation = (model or "").removeprefix("virtio-")
    if generation in _MODELS:
        if bus != "pci":
            raise invalid("address", f"model '{model}' is for PCI alone")
        name = f"{name}-{generation}"
    properties: dict[str, Any] = {"driver": name}
    if driver is not None:
        properties |= {
            "iommu_platform": driver.iommu,
            "ats": driver.ats,
            "packed": driver.packed,
            "page-per-vq": driver.page_per_vq,
        }
    return properties
