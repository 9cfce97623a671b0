"""What a person sits at: screens, cards, inputs and sound, where one depends on another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .devices import Devices
from .devices.graphics import DbusGraphics, VncGraphics
from .devices.input import Input, InputBus
from .devices.video import Video, VideoModel, VideoType

if TYPE_CHECKING:
    from .root import Domain

X86 = ("x86_64", "i686")
S390 = ("s390x", "s390")
MEMORY_KIB: dict[str, int] = {
    "vga": 16384, "cirrus": 16384, "vmvga": 16384, "bochs": 16384, "xen": 4096, "qxl": 65536,
}  # fmt: skip
_OF_VMWARE_KIB = {"vbox": 8192, "vmware": 4096}
DEFAULT_CARDS: dict[str, VideoType] = {
    "xen": "xen", "vbox": "vbox", "vmware": "vmvga", "parallels": "parallels", "vz": "parallels",
    "bhyve": "gop", "test": "vga",
}  # fmt: skip
"""The card of hypervisors that have one for all guests; others choose by the machine."""
_ADJUSTED_CARDS = ("vga", "cirrus", "vmvga")


def settle_seat(domain: Domain) -> None:
    """A card for every screen, the first of them primary; the buses of inputs."""
    devices = domain.devices
    if devices.graphics and not devices.videos:
        devices.videos.append(Video())
    devices.videos.sort(key=lambda video: not video.model.primary)
    if devices.videos:
        _settle_first(devices.videos[0])
    for video in devices.videos:
        if video.model.type == "default":
            video.model.type = DEFAULT_CARDS.get(domain.type, "default")
        settle_video_memory(video.model, domain.type)
    for device in devices.inputs:
        device.bus = device.bus or _bus_of(device, domain)


def _settle_first(video: Video) -> None:
    """The first card is the primary one; of none at all there is nothing more to say."""
    if video.model.type != "none":
        video.model.primary = True
        return
    video.model = VideoModel(type="none", line=video.model.line)
    video.driver = video.acpi = video.address = None


def settle_video_memory(model: VideoModel, domain_type: str) -> None:
    """What a card has by itself, and whole powers of two."""
    default_kib = MEMORY_KIB.get(model.type, 0)
    if model.type in _ADJUSTED_CARDS:
        default_kib = _OF_VMWARE_KIB.get(domain_type, default_kib)
    if model.type == "qxl":
        model.ram_kib = model.ram_kib or default_kib
    model.vram_kib = _power_of_two(model.vram_kib or default_kib)
    model.ram_kib = _power_of_two(model.ram_kib or 0)


def _power_of_two(value: int) -> int | None:
    return 1 << (value - 1).bit_length() if value else None


def _bus_of(device: Input, domain: Domain) -> InputBus | None:
    """The bus an input is on where the document does not say."""
    kind, arch = domain.os.type.kind or "hvm", domain.os.type.arch
    if kind in ("xen", "xenpvh", "linux"):
        return "xen"
    if kind != "hvm":
        return "parallels" if domain.type in ("vz", "parallels") else None
    if device.type in ("mouse", "keyboard") and (arch is None or arch in X86):
        return "ps2"
    if device.type == "passthrough":
        return "virtio"
    if device.type == "evdev":
        return None
    return "virtio" if arch in S390 else "usb"


def seat_problems(domain: Domain) -> Iterator[str]:
    """One primary card, or none at all; inputs on buses of the guest's kind; audio that exists."""
    devices = domain.devices
    primary = [video for video in devices.videos if video.model.primary]
    if len(primary) > 1:
        yield "only one video device is the primary one"
    if len(devices.videos) > 1 and any(v.model.type == "none" for v in devices.videos):
        yield "a video device of type 'none' is the only one"
    yield from _input_problems(domain)
    yield from _audio_problems(devices)


def _input_problems(domain: Domain) -> Iterator[str]:
    kind = domain.os.type.kind or "hvm"
    ps2 = domain.features.ps2 if domain.features else None
    for device in domain.devices.inputs:
        if kind == "hvm":
            if device.bus == "xen":
                yield "an input of a guest of kind 'hvm' is not on the bus xen"
            elif device.bus == "ps2" and ps2 is not None and ps2.state is False:
                yield "inputs on the bus ps2 need the feature ps2"
        elif kind in ("xen", "xenpvh", "linux"):
            if device.bus != "xen" or device.type not in ("mouse", "keyboard"):
                yield f"a guest of kind '{kind}' has a mouse and a keyboard on the bus xen"
        elif domain.type not in ("vz", "parallels"):
            yield f"a guest of kind '{kind}' has no inputs"
        elif device.bus != "parallels" or device.type not in ("mouse", "keyboard"):
            yield "a container has a mouse and a keyboard on the bus parallels"


def _audio_problems(devices: Devices) -> Iterator[str]:
    ids = Counter(audio.id for audio in devices.audios)
    for number, count in ids.items():
        if count > 1:
            yield f"audio id {number} is used more than once"
    wanted = [sound.audio for sound in devices.sounds]
    wanted += [s.audio for s in devices.graphics if isinstance(s, VncGraphics | DbusGraphics)]
    for audio in wanted:
        if audio is not None and audio.id not in ids:
            yield f"there is no audio of id {audio.id}"
