"""-spice."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.listen import ON_NETWORK
from virtbus.model.domain.devices.spice import SpiceGraphics

from ..runtime import ScreenSettings
from ..screens import password_of
from ..words import escaped, invalid, on_off, word


def spice_options(graphics: SpiceGraphics, settings: ScreenSettings) -> Iterator[str]:
    """One SPICE screen, whose ports and addresses are settled."""
    parts = [
        *_where(graphics),
        *(("sasl=on",) if settings.spice_sasl else ()),
        *_mouse(graphics),
        *(("disable-ticketing=on",) if password_of(graphics, settings) is None else ()),
        *_channels(graphics, settings),
        *_pictures(graphics),
        *_agent(graphics),
        *_gl(graphics),
        "seamless-migration=on",
    ]
    yield from ("-spice", ",".join(parts))
    if graphics.keymap:
        yield from ("-k", word(graphics.keymap, "graphics"))


def _where(graphics: SpiceGraphics) -> Iterator[str]:
    first = graphics.listen[0]
    if first.type == "socket":
        yield from ("unix=on", f"addr={escaped(first.socket or '')}")
    elif first.type == "none":
        yield "port=0"  # QEMU wants a port where nothing else is said
    else:
        if graphics.port:
            yield f"port={graphics.port}"
        if graphics.tls_port:
            yield f"tls-port={graphics.tls_port}"
        if first.address and (graphics.port or graphics.tls_port):
            yield f"addr={escaped(first.address)}"


def _mouse(graphics: SpiceGraphics) -> Iterator[str]:
    if graphics.mouse is not None:
        yield f"agent-mouse={on_off(graphics.mouse.mode == 'client')}"


def _channels(graphics: SpiceGraphics, settings: ScreenSettings) -> Iterator[str]:
    """Which kinds of data pass with TLS, and which without it."""
    on_network = graphics.listen[0].type in ON_NETWORK
    has = {
        "secure": on_network and bool(graphics.tls_port),
        "insecure": not on_network or bool(graphics.port),
    }
    if has["secure"]:
        yield f"x509-dir={escaped(settings.spice_tls_directory)}"
    modes = [("default", graphics.default_mode or "any")]
    modes += [(channel.name, channel.mode) for channel in graphics.channels]
    for name, mode in modes:
        if mode == "any":
            continue
        if not has[mode]:
            raise invalid(
                "graphics", f"'{name}' is {mode}, but there is no such port", graphics.line
            )
        yield f"{'tls' if mode == 'secure' else 'plaintext'}-channel={name}"


def _pictures(graphics: SpiceGraphics) -> Iterator[str]:
    if graphics.image is not None:
        yield f"image-compression={graphics.image.compression}"
    if graphics.jpeg is not None:
        yield f"jpeg-wan-compression={graphics.jpeg.compression}"
    if graphics.zlib is not None:
        yield f"zlib-glz-wan-compression={graphics.zlib.compression}"
    if graphics.playback is not None:
        yield f"playback-compression={on_off(graphics.playback.compression)}"
    if graphics.streaming is not None:
        yield f"streaming-video={graphics.streaming.mode}"


def _agent(graphics: SpiceGraphics) -> Iterator[str]:
    if graphics.clipboard is not None and not graphics.clipboard.copypaste:
        yield "disable-copy-paste=on"
    if graphics.filetransfer is not None and not graphics.filetransfer.enable:
        yield "disable-agent-file-xfer=on"


def _gl(graphics: SpiceGraphics) -> Iterator[str]:
    if graphics.gl is not None and graphics.gl.enable:
        yield "gl=on"
        if graphics.gl.rendernode:
            yield f"rendernode={escaped(graphics.gl.rendernode)}"
