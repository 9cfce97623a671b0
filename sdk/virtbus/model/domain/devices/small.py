"""Devices of a few attributes each: input, sound, watchdog, balloon, random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed, Section, Text
from ...engine.values import OnOff, Positive, UInt
from .address import Address
from .common import Alias, VirtioDriver

InputType: TypeAlias = Literal["tablet", "mouse", "keyboard", "passthrough", "evdev"]
InputBus: TypeAlias = Literal["ps2", "usb", "xen", "parallels", "virtio", "none"]
SoundModel: TypeAlias = Literal[
    "sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", "virtio"
]

AudioType: TypeAlias = Literal[
    "none", "alsa", "coreaudio", "jack", "oss", "pulseaudio", "sdl", "spice", "file", "dbus",
    "pipewire",
]  # fmt: skip
WatchdogAction: TypeAlias = Literal[
    "reset", "shutdown", "poweroff", "pause", "dump", "none", "inject-nmi"
]


class Input(Element, kw_only=True):
    """<input>: keyboard, mouse or tablet."""

    type: Needed[InputType]
    bus: Attr[InputBus] = None
    model: Attr[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]] = None
    driver: Child[VirtioDriver] = None
    alias: Child[Alias] = None
    address: Child[Address] = None


class Sound(Element, kw_only=True):
    """<sound>: a sound card."""

    model: Needed[SoundModel]
    alias: Child[Alias] = None
    address: Child[Address] = None


class Audio(Element, kw_only=True):
    """<audio>: the host's end of the sound cards."""

    id: Needed[Positive]
    type: Needed[AudioType]


class Watchdog(Element, kw_only=True):
    """<watchdog>: acts when the guest no longer does."""

    model: Needed[Literal["i6300esb", "ib700", "diag288", "itco"]]
    action: Attr[WatchdogAction] = None
    alias: Child[Alias] = None
    address: Child[Address] = None


class BalloonStats(Element, kw_only=True):
    """<stats>: how often the guest tells of its memory."""

    period_s: Annotated[Needed[UInt], Name("period")]


class MemBalloon(Element, kw_only=True):
    """<memballoon>: gives memory back to the host and takes it again."""

    model: Needed[
        Literal["virtio", "virtio-transitional", "virtio-non-transitional", "xen", "none"]
    ]
    autodeflate: Attr[OnOff] = None
    free_page_reporting: Annotated[Attr[OnOff], Name("freePageReporting")] = None
    stats: Child[BalloonStats] = None
    alias: Child[Alias] = None
    driver: Child[VirtioDriver] = None
    address: Child[Address] = None


class RngRate(Element, kw_only=True):
    """<rate>: at most so many bytes in a period."""

    bytes: Needed[Positive]
    period_ms: Annotated[Attr[Positive], Name("period")] = None


class RngBackend(Element, kw_only=True):
    """<backend>: where the random bytes come from; the text is a path for model random."""

    model: Needed[Literal["random", "egd", "builtin"]]
    path: Text[str] = None


class Rng(Element, kw_only=True):
    """<rng>: a source of random numbers for the guest."""

    model: Needed[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]]
    rate: Child[RngRate] = None
    backend: Section[RngBackend]
    driver: Child[VirtioDriver] = None
    alias: Child[Alias] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """A path is absolute."""
        if self.backend.model == "random" and not (self.backend.path or "/").startswith("/"):
            yield "the backend's path must be absolute"
