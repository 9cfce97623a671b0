"""The image of the firmware's variables."""

from __future__ import annotations

import itertools

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk_driver import DiskDriver
from virtbus.model.source.source import StorageSource

from ..capabilities import QemuCapabilities
from .images import Image, settle


def variables_image(domain: Domain, caps: QemuCapabilities) -> Image | None:
    """What the second flash chip is made of; None without <nvram>."""
    nvram = domain.os.nvram
    if nvram is None:
        return None
    source = nvram.source or StorageSource(file=nvram.path)
    image = Image(
        kind=nvram.type or "file",
        source=source,
        format=nvram.format or "raw",
        number=0,
        name="pflash1",
        readonly=False,
        driver=DiskDriver(),
        cache=None,
        is_top=True,
        auth=source.auth,
        encryption=source.encryption,
        ended=True,
    )
    settle(image, itertools.count(), caps)
    return image
