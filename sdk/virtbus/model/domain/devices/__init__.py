"""<devices>: all that hangs on the machine, in the order libvirt writes it."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ...engine.declare import Child, Children, Element, Name, Value
from .character import Channel, Console, Serial
from .controller import Controller
from .disk import Disk
from .graphics import Graphics
from .interface import Interface
from .small import Audio, Input, MemBalloon, Rng, Sound, Watchdog
from .video import Video


class Devices(Element):
    """<devices>."""

    emulator: Value[str] = None
    disks: Annotated[Children[Disk], Name("disk")] = field(default_factory=list)
    controllers: Annotated[Children[Controller], Name("controller")] = field(default_factory=list)
    interfaces: Annotated[Children[Interface], Name("interface")] = field(default_factory=list)
    serials: Annotated[Children[Serial], Name("serial")] = field(default_factory=list)
    consoles: Annotated[Children[Console], Name("console")] = field(default_factory=list)
    channels: Annotated[Children[Channel], Name("channel")] = field(default_factory=list)
    inputs: Annotated[Children[Input], Name("input")] = field(default_factory=list)
    graphics: Annotated[Children[Graphics], Name("graphics")] = field(default_factory=list)
    sounds: Annotated[Children[Sound], Name("sound")] = field(default_factory=list)
    audios: Annotated[Children[Audio], Name("audio")] = field(default_factory=list)
    videos: Annotated[Children[Video], Name("video")] = field(default_factory=list)
    watchdogs: Annotated[Children[Watchdog], Name("watchdog")] = field(default_factory=list)
    memballoon: Child[MemBalloon] = None
    rngs: Annotated[Children[Rng], Name("rng")] = field(default_factory=list)
