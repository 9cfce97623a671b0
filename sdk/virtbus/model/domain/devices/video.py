"""<video>: the guest's graphics card."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed
from ...engine.values import Positive, UInt, YesNo
from .address import Address
from .common import Alias

VideoType: TypeAlias = Literal[
    "default", "vga", "cirrus", "vmvga", "xen", "vbox", "qxl", "parallels", "virtio", "gop",
    "none", "bochs", "ramfb",
]  # fmt: skip


class Acceleration(Element):
    """<acceleration>."""

    accel3d: Attr[YesNo] = None
    accel2d: Attr[YesNo] = None


class Resolution(Element, kw_only=True):
    """<resolution>: the preferred mode, in pixels."""

    x: Needed[Positive]
    y: Needed[Positive]


class VideoModel(Element, kw_only=True):
    """<model>: the card, and its memory."""

    type: Needed[VideoType]
    ram_kib: Annotated[Attr[UInt], Name("ram")] = None
    vram_kib: Annotated[Attr[UInt], Name("vram")] = None
    vram64_kib: Annotated[Attr[UInt], Name("vram64")] = None
    vgamem_kib: Annotated[Attr[UInt], Name("vgamem")] = None
    heads: Attr[Positive] = None
    primary: Attr[YesNo] = None
    blob: Attr[Literal["on", "off"]] = None
    acceleration: Child[Acceleration] = None
    resolution: Child[Resolution] = None


class Video(Element):
    """<video>."""

    model: Child[VideoModel] = None
    alias: Child[Alias] = None
    address: Child[Address] = None
