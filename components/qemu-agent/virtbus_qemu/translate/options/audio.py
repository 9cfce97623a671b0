"""-audiodev, and the sound cards that play through it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.audio import (
    AlsaStream,
    Audio,
    BufferedStream,
    FileAudio,
    JackStream,
    OssAudio,
    OssStream,
    PipewireAudio,
    PulseAudio,
    SdlAudio,
    ServerStream,
    Stream,
)
from virtbus.model.domain.devices.common import AudioId
from virtbus.model.domain.devices.sound import WITH_CODECS, Sound

from ..aliases import alias_of
from ..machine import Board
from ..places import device_place
from ..words import json_option, unsupported
from .virtio import virtio_device

_DRIVERS = {"pulseaudio": "pa", "file": "wav"}
_CARDS = {
    "es1370": "ES1370",
    "ac97": "AC97",
    "ich6": "intel-hda",
    "usb": "usb-audio",
    "ich9": "ich9-intel-hda",
    "sb16": "sb16",
}


def audio_options(domain: Domain) -> Iterator[str]:
    """The host's end of sound."""
    for audio in domain.devices.audios:
        yield from ("-audiodev", json_option(_backend(audio)))


def audio_environment(domain: Domain) -> dict[str, str]:
    """What backends are told by environment variables alone."""
    found: dict[str, str] = {}
    for audio in domain.devices.audios:
        if isinstance(audio, SdlAudio) and audio.driver:
            found["SDL_AUDIODRIVER"] = audio.driver
        elif isinstance(audio, PipewireAudio) and audio.runtime_dir:
            found["PIPEWIRE_RUNTIME_DIR"] = audio.runtime_dir
    return found


def audio_name(domain: Domain, audio: AudioId | None) -> str | None:
    """The name of a backend: the one asked for, or else the first."""
    if audio is not None:
        return f"audio{audio.id}"
    return f"audio{domain.devices.audios[0].id}" if domain.devices.audios else None


def _backend(audio: Audio) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": f"audio{audio.id}",
        "driver": _DRIVERS.get(audio.type, audio.type),
        "timer-period": audio.timer_period_us,
    }
    match audio:
        case OssAudio():
            properties |= {
                "try-mmap": audio.try_mmap,
                "exclusive": audio.exclusive,
                "dsp-policy": audio.dsp_policy,
            }
        case PulseAudio():
            properties["server"] = audio.server_name
        case FileAudio():
            properties["path"] = audio.path
    properties["in"] = _stream(getattr(audio, "input", None))
    properties["out"] = _stream(getattr(audio, "output", None))
    return properties


def _stream(stream: Stream | None) -> dict[str, Any] | None:
    if stream is None:
        return None
    settings = stream.settings
    properties: dict[str, Any] = {
        "mixing-engine": stream.mixing_engine,
        "fixed-settings": stream.fixed_settings,
        "voices": stream.voices,
        "buffer-length": stream.buffer_length_us,
        "frequency": settings.frequency_hz if settings else None,
        "channels": settings.channels if settings else None,
        "format": settings.format if settings else None,
    }
    match stream:
        case AlsaStream():
            properties["dev"] = stream.dev
        case BufferedStream():
            properties["buffer-count"] = stream.buffer_count or None
        case JackStream():
            properties |= {
                "server-name": stream.server_name,
                "client-name": stream.client_name,
                "connect-ports": stream.connect_ports,
                "exact-name": stream.exact_name,
            }
        case OssStream():
            properties |= {
                "dev": stream.dev,
                "buffer-count": stream.buffer_count or None,
                "try-poll": stream.try_poll,
            }
        case ServerStream():
            properties |= {
                "name": stream.name,
                "stream-name": stream.stream_name,
                "latency": stream.latency_us or None,
            }
    return {name: value for name, value in properties.items() if value is not None} or None


def sound_options(domain: Domain, board: Board) -> Iterator[str]:
    """Sound cards, and the codecs on those that have them; the speaker is the machine's."""
    for sound in domain.devices.sounds:
        if sound.model != "pcspk":
            yield from _card(sound, domain, board)


def _card(sound: Sound, domain: Domain, board: Board) -> Iterator[str]:
    audio = audio_name(domain, sound.audio)
    if audio is None:
        raise unsupported("sound", "without an <audio>", sound.line)
    if sound.model == "virtio":
        properties = virtio_device("virtio-sound", sound.address, driver=sound.driver)
    elif sound.model in _CARDS:
        properties = {"driver": _CARDS[sound.model]}
    else:
        raise unsupported("sound", f"model '{sound.model}'", sound.line)
    properties |= {
        "id": alias_of(sound),
        "audiodev": None if sound.model in WITH_CODECS else audio,
        "multi": sound.multichannel,
        "streams": sound.streams,
        **device_place(sound, board),
    }
    yield from ("-device", json_option(properties))
    if sound.model in WITH_CODECS:
        codecs = [codec.type for codec in sound.codecs] or ["duplex"]
        for number, codec in enumerate(codecs):
            yield from ("-device", json_option(_codec(sound, codec, number, audio)))


def _codec(sound: Sound, codec: str, number: int, audio: str) -> dict[str, Any]:
    alias = alias_of(sound)
    return {
        "driver": f"hda-{codec}",
        "id": f"{alias}-codec{number}",
        "bus": f"{alias}.0",
        "cad": number,
        "audiodev": audio,
    }
