"""The head of a virtio device's options: its name on its bus, and virtio's own properties."""

from __future__ import annotations

from typing import Any

from virtbus.model.domain.devices.address import Address
from virtbus.model.domain.devices.common import VirtioDriver

from ..places import virtio_driver, virtio_options


def virtio_device(
    base: str,
    address: Address | None,
    *,
    model: str | None = None,
    driver: VirtioDriver | None = None,
) -> dict[str, Any]:
    """`driver` and virtio's own properties of a device such as `virtio-net`."""
    return {"driver": virtio_driver(base, address, model), **virtio_options(driver)}
