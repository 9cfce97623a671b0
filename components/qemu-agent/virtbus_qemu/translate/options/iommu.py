"""IOMMUs and ciphers: devices between the guest and its other devices."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.iommu import Iommu, IommuDriver
from virtbus.model.domain.devices.small import Crypto

from ..aliases import alias_of
from ..machine import Board
from ..places import device_place
from ..words import json_option
from .virtio import virtio_device

_AUTO: dict[bool | None, str | None] = {None: None, True: "on", False: "off"}


def iommu_options(iommu: Iommu | None, board: Board) -> Iterator[str]:
    """An IOMMU that is a device; SMMUv3 is part of the machine."""
    if iommu is None or iommu.model == "smmuv3":
        return
    if iommu.model == "virtio":
        place = device_place(iommu, board)
        properties = {"driver": "virtio-iommu", "id": alias_of(iommu), **place}
    else:
        driver = iommu.driver or IommuDriver()
        properties = {
            "driver": "intel-iommu",
            "id": alias_of(iommu),
            "intremap": _AUTO[driver.intremap],
            "caching-mode": driver.caching_mode,
            "eim": _AUTO[driver.eim],
            "device-iotlb": driver.iotlb,
            "aw-bits": driver.address_width_bits or None,
            "dma-translation": driver.dma_translation,
        }
    yield from ("-device", json_option(properties))


def crypto_options(cryptos: list[Crypto], board: Board) -> Iterator[str]:
    """virtio-crypto, and who computes for it."""
    for crypto in cryptos:
        alias = alias_of(crypto)
        backend = {
            "qom-type": f"cryptodev-backend-{crypto.backend.model}",
            "id": f"obj{alias}",
            "queues": crypto.backend.queues,
        }
        yield from ("-object", json_option(backend))
        properties = {
            **virtio_device("virtio-crypto", crypto.address, driver=crypto.driver),
            "cryptodev": f"obj{alias}",
            "id": alias,
            **device_place(crypto, board),
        }
        yield from ("-device", json_option(properties))
