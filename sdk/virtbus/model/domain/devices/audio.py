"""<audio>: the host's end of sound, one class for each backend."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed
from ...engine.values import Integer, Positive, UInt, YesNo

AudioType: TypeAlias = Literal[
    "none", "alsa", "coreaudio", "jack", "oss", "pulseaudio", "sdl", "spice", "file", "dbus",
    "pipewire",
]  # fmt: skip
AudioFormat: TypeAlias = Literal["u8", "s8", "u16", "s16", "u32", "s32", "f32"]
DspPolicy: TypeAlias = Annotated[int, Integer(0, 2**31 - 1)]


class StreamSettings(Element):
    """<settings>: the one form in which sound passes to or from the host."""

    frequency_hz: Annotated[Attr[Positive], Name("frequency")] = None
    channels: Attr[Positive] = None
    format: Attr[AudioFormat] = None


class Stream(Element):
    """<input> or <output>: how one direction is buffered and mixed."""

    mixing_engine: Annotated[Attr[YesNo], Name("mixingEngine")] = None
    fixed_settings: Annotated[Attr[YesNo], Name("fixedSettings")] = None
    voices: Attr[Positive] = None
    buffer_length_us: Annotated[Attr[Positive], Name("bufferLength")] = None
    settings: Child[StreamSettings] = None

    def defaults(self) -> None:
        """Fixed settings have their element, though it may say nothing."""
        if self.fixed_settings and self.settings is None:
            self.settings = StreamSettings()

    def problems(self) -> Iterator[str]:
        """Settings are the mixing engine's, and apply only when they are fixed."""
        if self.fixed_settings and not self.mixing_engine:
            yield "fixed settings need the mixing engine"
        if self.settings is not None and not self.fixed_settings:
            yield "settings are given, but fixedSettings is not 'yes'"


class AlsaStream(Stream):
    """A direction of ALSA."""

    dev: Attr[str] = None


class BufferedStream(Stream):
    """A direction of a backend with several buffers."""

    buffer_count: Annotated[Attr[UInt], Name("bufferCount")] = None


class JackStream(Stream):
    """A direction of JACK."""

    server_name: Annotated[Attr[str], Name("serverName")] = None
    client_name: Annotated[Attr[str], Name("clientName")] = None
    connect_ports: Annotated[Attr[str], Name("connectPorts")] = None
    exact_name: Annotated[Attr[YesNo], Name("exactName")] = None


class OssStream(Stream):
    """A direction of OSS."""

    dev: Attr[str] = None
    buffer_count: Annotated[Attr[UInt], Name("bufferCount")] = None
    try_poll: Annotated[Attr[YesNo], Name("tryPoll")] = None


class ServerStream(Stream):
    """A direction of a sound server: PulseAudio or PipeWire."""

    name: Attr[str] = None
    stream_name: Annotated[Attr[str], Name("streamName")] = None
    latency_us: Annotated[Attr[UInt], Name("latency")] = None


class Audio(Element, kw_only=True):
    """<audio>; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    id: Needed[Positive]
    type: Needed[AudioType]
    timer_period_us: Annotated[Attr[Positive], Name("timerPeriod")] = None


class NoneAudio(Audio, kw_only=True):
    """Sound that is thrown away."""

    type: Needed[Literal["none"]] = "none"
    input: Child[Stream] = None
    output: Child[Stream] = None


class AlsaAudio(Audio, kw_only=True):
    """The Linux kernel's own sound."""

    type: Needed[Literal["alsa"]] = "alsa"
    input: Child[AlsaStream] = None
    output: Child[AlsaStream] = None


class CoreAudio(Audio, kw_only=True):
    """macOS."""

    type: Needed[Literal["coreaudio"]] = "coreaudio"
    input: Child[BufferedStream] = None
    output: Child[BufferedStream] = None


class JackAudio(Audio, kw_only=True):
    """A JACK server."""

    type: Needed[Literal["jack"]] = "jack"
    input: Child[JackStream] = None
    output: Child[JackStream] = None


class OssAudio(Audio, kw_only=True):
    """The Open Sound System."""

    type: Needed[Literal["oss"]] = "oss"
    try_mmap: Annotated[Attr[YesNo], Name("tryMMap")] = None
    exclusive: Attr[YesNo] = None
    dsp_policy: Annotated[Attr[DspPolicy], Name("dspPolicy")] = None
    input: Child[OssStream] = None
    output: Child[OssStream] = None


class PulseAudio(Audio, kw_only=True):
    """A PulseAudio server."""

    type: Needed[Literal["pulseaudio"]] = "pulseaudio"
    server_name: Annotated[Attr[str], Name("serverName")] = None
    input: Child[ServerStream] = None
    output: Child[ServerStream] = None


class SdlAudio(Audio, kw_only=True):
    """Whatever SDL finds."""

    type: Needed[Literal["sdl"]] = "sdl"
    driver: Attr[Literal["esd", "alsa", "arts", "pulseaudio"]] = None
    input: Child[BufferedStream] = None
    output: Child[BufferedStream] = None


class SpiceAudio(Audio, kw_only=True):
    """The SPICE viewer's loudspeaker."""

    type: Needed[Literal["spice"]] = "spice"
    input: Child[Stream] = None
    output: Child[Stream] = None


class FileAudio(Audio, kw_only=True):
    """A WAV file."""

    type: Needed[Literal["file"]] = "file"
    path: Attr[str] = None
    input: Child[Stream] = None
    output: Child[Stream] = None


class DbusAudio(Audio, kw_only=True):
    """The viewer at the D-Bus display."""

    type: Needed[Literal["dbus"]] = "dbus"
    input: Child[Stream] = None
    output: Child[Stream] = None


class PipewireAudio(Audio, kw_only=True):
    """A PipeWire server."""

    type: Needed[Literal["pipewire"]] = "pipewire"
    runtime_dir: Annotated[Attr[str], Name("runtimeDir")] = None
    input: Child[ServerStream] = None
    output: Child[ServerStream] = None
