"""What a storage source may hold follows from its type and protocol, which libvirt sorts out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..device_label import label_problems
from .network import DEFAULT_PORTS

if TYPE_CHECKING:
    from .source import StorageSource

_OF_TYPE: dict[str, tuple[str, ...]] = {
    "file": ("file", "fdgroup"),
    "block": ("dev",),
    "dir": ("dir",),
    "network": ("protocol", "name", "query", "tls", "tls_hostname", "hosts", "reconnect",
                "snapshot", "config", "initiator", "ssl", "cookies", "readahead", "timeout",
                "known_hosts", "identity"),
    "volume": ("pool", "volume", "mode"),
    "nvme": ("type", "managed", "namespace", "address"),
    "vhostuser": ("type", "path", "reconnect"),
    "vhostvdpa": ("dev",),
}  # fmt: skip
_WEB = ("http", "https", "ftp", "ftps")
_OF_PROTOCOL: dict[str, tuple[str, ...]] = {
    "query": ("http", "https"),
    "reconnect": ("nbd",),
    "ssl": ("https", "ftps"),
    "cookies": ("http", "https"),
    "readahead": _WEB,
    "timeout": _WEB,
    "known_hosts": ("ssh",),
    "identity": ("ssh", "nfs"),
}
_EVERY = tuple(dict.fromkeys(name for names in _OF_TYPE.values() for name in names))
_FOREIGN: dict[str, tuple[str, ...]] = {
    kind: tuple(name for name in _EVERY if name not in names) for kind, names in _OF_TYPE.items()
}
_TEXTS = ("file", "dev", "dir", "name")


def settle(source: StorageSource | None, kind: str) -> None:
    """Drop what means nothing for a source of that type; ports and empty paths are settled."""
    if source is None:
        return
    for name in _FOREIGN[kind]:
        if getattr(source, name) is not None:
            setattr(source, name, [] if name == "hosts" else None)
    source.index = source.index or None
    for name in _TEXTS:
        if getattr(source, name) == "":
            setattr(source, name, None)
    if source.slices is not None and not source.slices.slices:
        source.slices = None
    if kind == "network":
        _settle_network(source)
    elif kind == "volume":
        source.auth = None  # the pool's own is used


def _settle_network(source: StorageSource) -> None:
    protocol = source.protocol or ""
    for name, protocols in _OF_PROTOCOL.items():
        if protocol not in protocols:
            setattr(source, name, None)
    port = DEFAULT_PORTS.get(protocol)
    for host in source.hosts:
        if host.transport is None and host.port is None:
            host.port = port
    if source.reconnect is not None and not source.reconnect.delay_s:
        source.reconnect = None
    if source.readahead is not None and not source.readahead.size_bytes:
        source.readahead = None
    if source.timeout is not None and not source.timeout.seconds:
        source.timeout = None
    if source.initiator is not None and source.initiator.iqn is None:
        source.initiator = None
    if source.cookies is not None and not source.cookies.cookies:
        source.cookies = None
    source.seclabels = []
    source.startup_policy = None


def source_problems(source: StorageSource | None, kind: str) -> Iterator[str]:
    """What a source of that type lacks."""
    if source is None:
        return
    yield from label_problems(source.seclabels)
    if kind == "network":
        yield from _network_problems(source)
    elif kind == "volume":
        if (source.pool is None) != (source.volume is None):
            yield "a source in a pool needs both 'pool' and 'volume'"
    elif kind == "nvme":
        if source.type != "pci":
            yield "an NVMe source needs type 'pci'"
        if source.namespace is None:
            yield "an NVMe source needs a 'namespace'"
        if source.address is None:
            yield "an NVMe source needs an <address>"
    elif kind == "vhostuser":
        if source.type != "unix":
            yield "a vhost-user source needs type 'unix'"
        if source.path is None:
            yield "a vhost-user source needs a 'path'"
    elif kind == "vhostvdpa" and source.dev is None:
        yield "a vhost-vdpa source needs a 'dev'"


def _network_problems(source: StorageSource) -> Iterator[str]:
    protocol = source.protocol
    if protocol is None:
        yield "a source on the network needs a 'protocol'"
    if source.name is None and protocol != "nbd":
        yield "a source on the network needs a 'name'"
    if protocol in ("gluster", "rbd") and source.name and source.name.find("/") < 1:
        yield f"'{source.name}' is not made of a pool's name, a slash and an image's name"
    identity = source.identity
    if protocol == "ssh" and identity is not None:
        if identity.username is None:
            yield "<identity> needs a 'username'"
        if identity.keyfile is None and identity.agentsock is None:
            yield "<identity> needs a 'keyfile' or an 'agentsock'"
