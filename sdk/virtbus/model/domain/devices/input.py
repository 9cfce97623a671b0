"""<input>: keyboards, mice and tablets."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed
from ...engine.values import OnOff
from .address import Address
from .common import Acpi, Alias, VirtioDriver

InputType: TypeAlias = Literal["tablet", "mouse", "keyboard", "passthrough", "evdev"]
InputBus: TypeAlias = Literal["ps2", "usb", "xen", "parallels", "virtio", "none"]
GrabToggle: TypeAlias = Literal[
    "ctrl-ctrl", "alt-alt", "shift-shift", "meta-meta", "scrolllock", "ctrl-scrolllock"
]
OF_HOST = ("passthrough", "evdev")


class InputSource(Element):
    """<source>: a device of the host; `evdev` for type passthrough, `dev` for type evdev."""

    dev: Attr[str] = None
    evdev: Attr[str] = None
    grab: Attr[Literal["all"]] = None
    grab_toggle: Annotated[Attr[GrabToggle], Name("grabToggle")] = None
    repeat: Attr[OnOff] = None


class Input(Element, kw_only=True):
    """<input>. Without `bus` it is on the one that its type and the machine call for."""

    type: Needed[InputType]
    bus: Attr[InputBus] = None
    model: Attr[Literal["virtio", "virtio-transitional", "virtio-non-transitional"]] = None
    driver: Child[VirtioDriver] = None
    source: Child[InputSource] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def defaults(self) -> None:
        """A source holds what its type has; an evdev hangs on no bus."""
        source = self.source
        if source is not None and self.type not in OF_HOST:
            self.source = None
        elif source is not None and self.type == "passthrough":
            source.dev = source.grab = source.grab_toggle = source.repeat = None
        elif source is not None:
            source.evdev = None
        if self.type == "evdev" and self.bus == "none":
            self.bus = None

    def problems(self) -> Iterator[str]:
        """Type, bus, model and source fit each other."""
        if self.bus == "ps2" and self.type not in ("mouse", "keyboard"):
            yield f"the bus ps2 has no {self.type}"
        if self.type in OF_HOST:
            word = "dev" if self.type == "evdev" else "evdev"
            if self.source is None or not getattr(self.source, word):
                yield f"type '{self.type}' needs a source with '{word}'"
        if self.type == "passthrough" and self.bus not in (None, "virtio"):
            yield "type 'passthrough' is on the bus virtio only"
        if self.type == "evdev" and self.bus is not None:
            yield "type 'evdev' is on no bus"
        if self.model is not None and self.bus not in (None, "virtio"):
            yield f"model '{self.model}' is for the bus virtio only"
        if self.bus == "usb" and self.address is not None and self.address.type != "usb":
            yield "a USB device needs an address of type 'usb'"
