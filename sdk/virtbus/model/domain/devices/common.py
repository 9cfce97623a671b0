"""What many devices have: alias, boot order, option ROM, virtio's own options."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from ...engine.declare import Attr, Element, Needed
from ...engine.values import Integer, OnOff, Positive, YesNo

USER_ALIAS = "ua-"
"""An alias with this prefix was chosen by a person and belongs to the definition."""

Queues: TypeAlias = Annotated[int, Integer(1, 65535)]


class Alias(Element, kw_only=True):
    """<alias>: the device's name while the guest runs."""

    name: Needed[str]

    def inactive(self) -> Self | None:
        """An alias a person chose stays; one given at start goes."""
        return self if self.name.startswith(USER_ALIAS) else None


class BootOrder(Element, kw_only=True):
    """<boot>: when the firmware tries this device, counted from 1."""

    order: Needed[Positive]
    loadparm: Attr[str] = None


class Rom(Element):
    """<rom>: the device's option ROM."""

    enabled: Attr[YesNo] = None
    bar: Attr[OnOff] = None
    file: Attr[str] = None


class VirtioDriver(Element):
    """<driver> of a device that has nothing but virtio's own options."""

    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
