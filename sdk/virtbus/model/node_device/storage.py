"""Block devices of the host."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Children, Element, Name, Needed, NeededValue, Value
from ..engine.values import ULong
from .base import Capability


class StorageFeature(Element, kw_only=True):
    """<capability> of a block device; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[Literal["removable", "hotpluggable"]]


class RemovableMedia(StorageFeature, kw_only=True):
    """The medium can be taken out; sizes are of the one that is in."""

    type: Needed[Literal["removable"]] = "removable"
    media_available: NeededValue[Literal["0", "1"]] = "0"
    media_size_bytes: Annotated[NeededValue[ULong], Name("media_size")]
    media_label: Value[str] = None
    logical_block_size_bytes: Annotated[Value[ULong], Name("logical_block_size")] = None
    num_blocks: Value[ULong] = None


class StorageDevice(Capability, kw_only=True):
    """A block device."""

    type: Needed[Literal["storage"]] = "storage"
    block: NeededValue[str]
    bus: Value[str] = None
    drive_type: Value[str] = None
    model: Value[str] = None
    vendor: Value[str] = None
    serial: Value[str] = None
    size_bytes: Annotated[Value[ULong], Name("size")] = None
    logical_block_size_bytes: Annotated[Value[ULong], Name("logical_block_size")] = None
    num_blocks: Value[ULong] = None
    features: Annotated[Children[StorageFeature], Name("capability")] = field(default_factory=list)

    @property
    def removable(self) -> bool:
        """Whether the medium can be taken out."""
        return any(feature.type == "removable" for feature in self.features)

    def defaults(self) -> None:
        """The size of a removable medium is the medium's; features in their order."""
        if self.removable:
            self.size_bytes = self.logical_block_size_bytes = self.num_blocks = None
        self.features.sort(key=lambda feature: feature.type, reverse=True)

    def problems(self) -> Iterator[str]:
        """What is fixed has a size."""
        if self.size_bytes is None and not self.removable:
            yield "element 'size' is missing"
