"""<sound>: a sound card."""

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...engine.declare import Attr, Child, Children, Element, Name, Needed
from ...engine.values import Positive, YesNo
from .address import Address
from .common import Acpi, Alias, AudioId, VirtioDriver

SoundModel: TypeAlias = Literal[
    "sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", "virtio"
]
WITH_CODECS = ("ich6", "ich9")
DEFAULT_STREAMS = 2


class SoundCodec(Element, kw_only=True):
    """<codec>: what an Intel HDA card's jacks do."""

    type: Needed[Literal["duplex", "micro", "output"]]


class Sound(Element, kw_only=True):
    """<sound>. What only some models have is dropped from the others."""

    model: Needed[SoundModel]
    multichannel: Attr[YesNo] = None
    streams: Attr[Positive] = None
    codecs: Annotated[Children[SoundCodec], Name("codec")] = field(default_factory=list)
    audio: Child[AudioId] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
    driver: Child[VirtioDriver] = None

    def defaults(self) -> None:
        """Codecs are HDA's, channels USB's, streams and driver virtio's."""
        if self.model not in WITH_CODECS:
            self.codecs = []
        if self.model != "usb":
            self.multichannel = None
        if self.model != "virtio":
            self.streams = self.driver = None
        elif self.streams is None:
            self.streams = DEFAULT_STREAMS
