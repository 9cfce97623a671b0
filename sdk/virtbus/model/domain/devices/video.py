"""<video>: the guest's graphics card."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...engine.declare import Attr, Child, Element, Name, Needed, Section
from ...engine.values import OnOff, UInt, YesNo
from .address import Address
from .common import Acpi, Alias, VirtioDriver

VideoType: TypeAlias = Literal[
    "default", "vga", "cirrus", "vmvga", "xen", "vbox", "qxl", "parallels", "virtio", "gop",
    "none", "bochs", "ramfb",
]  # fmt: skip


class VideoDriver(VirtioDriver):
    """<driver>: which program draws; `vgaconf` is how bhyve shows the card."""

    vgaconf: Attr[Literal["io", "on", "off"]] = None
    name: Attr[Literal["qemu", "vhostuser"]] = None


class Acceleration(Element):
    """<acceleration>: what the host's graphics card does for the guest's."""

    accel3d: Attr[YesNo] = None
    accel2d: Attr[YesNo] = None
    rendernode: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """It says something."""
        if self.accel3d is None and self.accel2d is None and self.rendernode is None:
            yield "say what is accelerated"


class Resolution(Element, kw_only=True):
    """<resolution>: the preferred mode, in pixels."""

    x: Needed[UInt]
    y: Needed[UInt]

    def problems(self) -> Iterator[str]:
        """A screen has an area."""
        if not self.x or not self.y:
            yield "a resolution is at least 1 by 1"


class VideoModel(Element):
    """<model>: the card, and its memory."""

    type: Needed[VideoType] = "default"
    ram_kib: Annotated[Attr[UInt], Name("ram")] = None
    vram_kib: Annotated[Attr[UInt], Name("vram")] = None
    vram64_kib: Annotated[Attr[UInt], Name("vram64")] = None
    vgamem_kib: Annotated[Attr[UInt], Name("vgamem")] = None
    heads: Attr[UInt] = None
    primary: Attr[YesNo] = None
    blob: Attr[OnOff] = None
    acceleration: Child[Acceleration] = None
    resolution: Child[Resolution] = None

    def defaults(self) -> None:
        """One head; nothing of memory is said by 0; only the first card is primary."""
        self.heads = self.heads or 1
        self.ram_kib = self.ram_kib or None
        self.vram_kib = self.vram_kib or None
        self.vram64_kib = self.vram64_kib or None
        self.vgamem_kib = self.vgamem_kib or None
        self.primary = self.primary or None

    def problems(self) -> Iterator[str]:
        """Attributes are the model's own."""
        if self.type != "qxl":
            for name in ("ram", "vram64", "vgamem"):
                if getattr(self, f"{name}_kib"):
                    yield f"type '{self.type}' has no '{name}'"
        if self.type != "virtio" and self.blob is not None:
            yield f"type '{self.type}' has no blob resources"


class Video(Element):
    """<video>."""

    driver: Child[VideoDriver] = None
    model: Section[VideoModel] = field(default_factory=lambda: VideoModel(heads=1))
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """Driver and address fit the model."""
        model, driver = self.model, self.driver
        vhostuser = driver is not None and driver.name == "vhostuser"
        if vhostuser and model.type != "virtio":
            yield "driver 'vhostuser' is for type 'virtio' only"
        if model.acceleration and model.acceleration.rendernode and not vhostuser:
            yield "'rendernode' needs the driver 'vhostuser'"
        if model.type == "ramfb" and self.address is not None:
            yield "type 'ramfb' has no address"
        if driver is not None and model.type != "virtio":
            for name in ("iommu", "ats", "packed", "page_per_vq"):
                if getattr(driver, name) is not None:
                    yield f"'{name}' is for virtio devices only"
