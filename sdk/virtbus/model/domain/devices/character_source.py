"""The host's end of a line: where bytes of serial ports, channels, ... come from and go to."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ...device_label import DeviceSecurityLabel, label_problems
from ...engine.declare import Attr, Child, Children, Element, Name, Needed
from ...engine.values import OnOff, UInt, YesNo

CharacterType: TypeAlias = Literal[
    "null", "vc", "pty", "dev", "file", "pipe", "stdio", "udp", "tcp", "unix", "spicevmc",
    "spiceport", "nmdm", "qemu-vdagent", "dbus",
]  # fmt: skip
_CHANNEL_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


class LineReconnect(Element):
    """<reconnect>: whether a peer that went away is tried again, and after how long."""

    enabled: Attr[YesNo] = None
    timeout_s: Annotated[Attr[UInt], Name("timeout")] = None

    def defaults(self) -> None:
        """Without trying again there is no time to wait."""
        if not self.enabled:
            self.timeout_s = None

    def problems(self) -> Iterator[str]:
        """Trying again needs a time."""
        if self.enabled and self.timeout_s is None:
            yield "enabled='yes' needs a 'timeout'"


class Clipboard(Element, kw_only=True):
    """<clipboard> of qemu-vdagent: whether it is shared with the guest."""

    copypaste: Needed[YesNo]


class MouseMode(Element, kw_only=True):
    """<mouse> of qemu-vdagent: who draws the pointer."""

    mode: Needed[Literal["server", "client"]]


class CharacterSource(Element):
    """<source>: the host's end of the line. What of it counts follows from the line's type."""

    mode: Attr[Literal["connect", "bind"]] = None
    host: Attr[str] = None
    service: Attr[str] = None
    tls: Attr[YesNo] = None
    path: Attr[str] = None
    append: Attr[OnOff] = None
    master: Attr[str] = None
    slave: Attr[str] = None
    channel: Attr[str] = None
    seclabels: Annotated[Children[DeviceSecurityLabel], Name("seclabel")] = field(
        default_factory=list
    )
    reconnect: Child[LineReconnect] = None
    clipboard: Child[Clipboard] = None
    mouse: Child[MouseMode] = None


class Protocol(Element):
    """<protocol>: how bytes are framed on TCP."""

    type: Attr[Literal["raw", "telnet", "telnets", "tls"]] = None

    def defaults(self) -> None:
        """Bytes as they are."""
        self.type = self.type or "raw"


class Log(Element):
    """<log>: a file that gets a copy of the guest's output."""

    file: Attr[str] = None
    append: Attr[OnOff] = None


_FIELDS = frozenset(CharacterSource.__struct_fields__) - {*Element.__struct_fields__, "seclabels"}
_OF_TYPE: dict[str, frozenset[str]] = {
    "pty": frozenset({"path"}),
    "dev": frozenset({"path"}),
    "pipe": frozenset({"path"}),
    "file": frozenset({"path", "append"}),
    "unix": frozenset({"mode", "path", "reconnect"}),
    "tcp": frozenset({"mode", "host", "service", "tls", "reconnect"}),
    "udp": frozenset({"mode", "host", "service"}),
    "spiceport": frozenset({"channel"}),
    "dbus": frozenset({"channel"}),
    "nmdm": frozenset({"master", "slave"}),
    "qemu-vdagent": frozenset({"clipboard", "mouse"}),
}
_ADDRESSED = ("path", "host", "service", "channel", "master", "slave", "clipboard", "mouse")


class CharacterBackend(Element):
    """What every element has whose host's end is a line: source, protocol, log."""

    sources: Annotated[Children[CharacterSource], Name("source")] = field(default_factory=list)
    protocol: Child[Protocol] = None
    log: Child[Log] = None

    @property
    def source(self) -> CharacterSource | None:
        """The one source; UDP alone has a second, for the other direction."""
        return self.sources[0] if self.sources else None

    def settle(self, kind: CharacterType) -> None:
        """Fill in what a line of this type has always, and drop what it has no use for."""
        wanted = _OF_TYPE.get(kind, frozenset())
        for source in self.sources:
            for name in _FIELDS - wanted:
                setattr(source, name, None)
            if "path" not in wanted:
                source.seclabels = []
            if "mode" in wanted:
                source.mode = source.mode or "connect"
            if source.reconnect and source.reconnect.enabled is None:
                source.reconnect = None
        self.sources = [s for s in self.sources if any(getattr(s, n) for n in _ADDRESSED)]
        if kind == "udp":
            self.sources = _one_each_way(self.sources)
        if kind != "tcp":
            self.protocol = None
        elif self.protocol is None:
            self.protocol = Protocol(type="raw")
        if self.log is not None and self.log.file is None:
            self.log = None

    def line_problems(self, kind: CharacterType, *, path_is_made: bool = False) -> Iterator[str]:
        """What a line of this type lacks; with `path_is_made` a socket's path may be open."""
        for source in self.sources:
            yield from label_problems(source.seclabels)
        if len(self.sources) > (2 if kind == "udp" else 1):
            yield f"a line of type '{kind}' has one source"
            return
        source = self.source or CharacterSource()
        for name in _NEEDED.get(kind, ()):
            if not getattr(source, name):
                yield f"type '{kind}' needs a source with '{name}'"
        if kind == "unix" and not source.path and not path_is_made:
            yield "type 'unix' needs a source with 'path'"
        if kind == "udp" and not any(s.mode != "bind" and s.service for s in self.sources):
            yield "type 'udp' needs a source to connect to, with 'service'"
        if kind == "nmdm" and (source.master is None) != (source.slave is None):
            yield "type 'nmdm' needs a source with 'master' and 'slave'"
        if kind in ("spiceport", "dbus") and not _CHANNEL_NAME.issuperset(source.channel or ""):
            yield f"'{source.channel}' is no name of a channel"
        if source.mode == "bind" and source.reconnect and source.reconnect.enabled is not None:
            yield "only a source that connects can connect again"


_NEEDED: dict[str, tuple[str, ...]] = {
    "file": ("path",),
    "dev": ("path",),
    "pipe": ("path",),
    "tcp": ("host", "service"),
    "spiceport": ("channel",),
    "dbus": ("channel",),
}


def _one_each_way(sources: list[CharacterSource]) -> list[CharacterSource]:
    """The first that waits for datagrams, then the first that says where to send them.

    More than two are left, to be refused.
    """
    if len(sources) > 2:
        return sources
    ways = [[s for s in sources if s.mode == mode] for mode in ("bind", "connect")]
    return [way[0] for way in ways if way]
