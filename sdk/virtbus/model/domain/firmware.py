"""The firmware of <os>: which, its code, and its variables."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Text
from ..engine.values import YesNo
from ..source.by_type import settle
from ..source.source import SourceType, StorageSource

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
    """<nvram>: the firmware's variables: a file, or a source of the `type` told."""

    template: Attr[str] = None
    template_format: Annotated[Attr[FlashFormat], Name("templateFormat")] = None
    type: Attr[SourceType] = None
    format: Attr[FlashFormat] = None
    path: Text[str] = None
    source: Child[StorageSource] = None

    def defaults(self) -> None:
        """Without a type it is a file, with one a source."""
        if self.type is None:
            self.source = None
        else:
            self.path = None
            settle(self.source, self.type)

    def problems(self) -> Iterator[str]:
        """A type has a source."""
        if self.type is not None and self.source is None:
            yield f"type '{self.type}' needs a <source>"
