"""What many devices have: alias, boot order, option ROM, virtio's own options."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

from ...engine.declare import Attr, Element, Needed
from ...engine.values import Integer, OnOff, Positive, YesNo

USER_ALIAS = "ua-"
"""An alias with this prefix was chosen by a person and belongs to the definition."""

LOADPARM_CHARS = 8
_LOADPARM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. ")

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

    def defaults(self) -> None:
        """Firmware of IBM Z reads capital letters."""
        if self.loadparm is not None:
            self.loadparm = self.loadparm.upper()

    def problems(self) -> Iterator[str]:
        """The firmware has room for eight characters of a few kinds."""
        text = self.loadparm
        if text is not None and not (
            1 <= len(text) <= LOADPARM_CHARS and _LOADPARM.issuperset(text)
        ):
            yield f"loadparm is 1 to {LOADPARM_CHARS} letters, digits, dots and blanks"


class AcpiIndex(Element, kw_only=True):
    """<acpi>: the number by which the guest's ACPI tables know the device."""

    index: Needed[Positive]


class Rom(Element):
    """<rom>: the device's option ROM."""

    MAY_BE_EMPTY = False

    enabled: Attr[YesNo] = None
    bar: Attr[OnOff] = None
    file: Attr[str] = None


class Acpi(Element):
    """<acpi>: the number by which a guest's firmware tables name the device."""

    MAY_BE_EMPTY = False

    index: Attr[Positive] = None


class Teaming(Element, kw_only=True):
    """<teaming>: two cards of one guest that stand in for each other during migration."""

    type: Needed[Literal["persistent", "transient"]]
    persistent: Attr[str] = None


class AudioId(Element, kw_only=True):
    """<audio> within a device: the <audio> whose host end it plays through."""

    id: Needed[Positive]


class VirtioDriver(Element):
    """<driver> of a device that has nothing but virtio's own options."""

    MAY_BE_EMPTY = False

    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
    page_per_vq: Attr[OnOff] = None
