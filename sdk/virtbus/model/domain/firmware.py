"""The firmware of <os>: which, its code, and its variables."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed, Text
from ..engine.values import YesNo

Firmware: TypeAlias = Literal["bios", "efi"]
FirmwareFeatureName: TypeAlias = Literal["enrolled-keys", "secure-boot"]
FlashFormat: TypeAlias = Literal["raw", "qcow2"]


class FirmwareFeature(Element, kw_only=True):
    """<feature>: what the firmware that is chosen must have, or must not."""

    enabled: Needed[YesNo]
    name: Needed[FirmwareFeatureName]


class FirmwareFeatures(Element):
    """<firmware>."""

    feature: Children[FirmwareFeature] = field(default_factory=list)

    def defaults(self) -> None:
        """In the order of their names; what is said last holds."""
        last = {feature.name: feature for feature in self.feature}
        self.feature = [last[name] for name in sorted(last)]

    def wanted(self, name: FirmwareFeatureName) -> bool | None:
        """Whether the feature must be there; None when either will do."""
        return next((f.enabled for f in reversed(self.feature) if f.name == name), None)


class Loader(Element):
    """<loader>: the firmware's code."""

    readonly: Attr[YesNo] = None
    secure: Attr[YesNo] = None
    type: Attr[Literal["rom", "pflash"]] = None
    stateless: Attr[YesNo] = None
    format: Attr[FlashFormat] = None
    path: Text[str] = None


class Nvram(Element):
    """<nvram>: the firmware's variables."""

    template: Attr[str] = None
    template_format: Annotated[Attr[FlashFormat], Name("templateFormat")] = None
    type: Attr[str] = None
    format: Attr[FlashFormat] = None
    path: Text[str] = None
