"""Storage sources on the network: hosts, and what single protocols need."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed, Text
from ..engine.repeated import repeated
from ..engine.values import Port, UInt, ULong, YesNo

Protocol: TypeAlias = Literal[
    "none", "nbd", "rbd", "sheepdog", "gluster", "iscsi", "http", "https", "ftp", "ftps", "tftp",
    "ssh", "vxhs", "nfs",
]  # fmt: skip
Transport: TypeAlias = Literal["tcp", "unix", "rdma"]

DEFAULT_PORTS: dict[str | None, int] = {
    "http": 80, "https": 443, "ftp": 21, "ftps": 990, "tftp": 69, "sheepdog": 7000,
    "nbd": 10809, "ssh": 22, "iscsi": 3260, "gluster": 24007, "vxhs": 9999,
}  # fmt: skip


class SourceHost(Element):
    """<host>: where a server listens, by name and port or by a socket of this host."""

    name: Attr[str] = None
    port: Attr[Port] = None
    transport: Attr[Transport] = None
    socket: Attr[str] = None

    def defaults(self) -> None:
        """TCP is what is meant when nothing is said; a port 0 is none."""
        if self.transport == "tcp":
            self.transport = None
        elif self.transport == "unix":
            self.name = self.port = None
        self.port = self.port or None

    def problems(self) -> Iterator[str]:
        """A socket or a name, as the transport has it."""
        if self.transport == "unix":
            if not self.socket:
                yield "transport 'unix' needs a socket"
        elif self.socket is not None:
            yield f"transport '{self.transport or 'tcp'}' takes no socket"
        elif self.name is None:
            yield "a host needs a name"


class Reconnect(Element):
    """<reconnect>: whether, and for how long, a lost server is waited for."""

    enabled: Attr[YesNo] = None
    timeout_s: Annotated[Attr[UInt], Name("timeout")] = None
    delay_s: Annotated[Attr[UInt], Name("delay")] = None


class SourceSnapshot(Element, kw_only=True):
    """<snapshot>: the snapshot of the image to open."""

    name: Needed[str]


class ConfigFile(Element, kw_only=True):
    """<config>: the client's configuration file."""

    file: Needed[str]


class TlsVerification(Element):
    """<ssl>: whether the server's certificate is verified."""

    verify: Attr[YesNo] = None


class Cookie(Element, kw_only=True):
    """<cookie>."""

    name: Needed[str]
    value: Text[str] = None


class Cookies(Element):
    """<cookies>: sent with every HTTP request; as good as passwords."""

    cookies: Annotated[Children[Cookie], Name("cookie")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """What HTTP can carry (RFC 6265)."""
        names = [cookie.name for cookie in self.cookies]
        for name in repeated(names):
            yield f"cookie '{name}' is given more than once"
        for cookie in self.cookies:
            if not cookie.name or not _BARRED_IN_NAME.isdisjoint(cookie.name):
                yield f"cookie '{cookie.name}': the name holds what HTTP cannot carry"
            value = cookie.value or ""
            if value[:1] == '"' and value[-1:] == '"':
                value = value[1:-1]
            if not _BARRED.isdisjoint(value):
                yield f"cookie '{cookie.name}': the value holds what HTTP cannot carry"


_BARRED = frozenset(map(chr, range(0x21))) | frozenset('",;\\')
_BARRED_IN_NAME = _BARRED | frozenset("()<>@:/[]?={}")


class ReadAhead(Element, kw_only=True):
    """<readahead>: how much to ask for in advance."""

    size_bytes: Annotated[Needed[ULong], Name("size")] = 0


class Timeout(Element, kw_only=True):
    """<timeout>: how long a request may take."""

    seconds: Needed[ULong] = 0


class KnownHosts(Element, kw_only=True):
    """<knownHosts>: the SSH keys to believe."""

    path: Needed[str]


class Identity(Element):
    """<identity>: as whom to open: of NFS `user` and `group`, of SSH the rest."""

    user: Attr[str] = None
    group: Attr[str] = None
    username: Attr[str] = None
    keyfile: Attr[str] = None
    agentsock: Attr[str] = None
