"""<source> of a pool: the hosts, devices and names that its volumes come from."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Value
from ..engine.values import Integer, ULong, YesNo
from ..source.access import Auth, Initiator
from .adapter import PoolAdapter
from .common import Path


class PoolHost(Element, kw_only=True):
    """<host>: a server; without a port, the protocol's own."""

    name: Needed[str]
    port: Attr[Annotated[int, Integer(0, 2**31 - 1)]] = None

    def defaults(self) -> None:
        """Port 0 is none."""
        self.port = self.port or None


class FreeExtent(Element, kw_only=True):
    """<freeExtent>: unused space on a device, from byte to byte."""

    start: Needed[ULong]
    end: Needed[ULong]


class PoolDevice(Element, kw_only=True):
    """<device>: a disk, partition or iSCSI target."""

    path: Needed[str]
    part_separator: Attr[YesNo] = None
    free_extents: Annotated[Children[FreeExtent], Name("freeExtent")] = field(default_factory=list)

    def inactive(self) -> PoolDevice:
        """Free space is a fact of the running pool."""
        return PoolDevice(path=self.path, part_separator=self.part_separator, line=self.line)


class PoolDirectory(Element, kw_only=True):
    """<dir>: what a server exports."""

    path: Needed[Path]


class PoolFormat(Element, kw_only=True):
    """<format>: the file system, share, disk label or volume group."""

    type: Needed[str]


class Protocol(Element, kw_only=True):
    """<protocol>: the version of NFS to speak."""

    ver: Needed[str]


class Maker(Element, kw_only=True):
    """<vendor> or <product> of the storage."""

    name: Needed[str]


class PoolSource(Element):
    """<source>; which parts there are follows from the pool's type."""

    hosts: Annotated[Children[PoolHost], Name("host")] = field(default_factory=list)
    devices: Annotated[Children[PoolDevice], Name("device")] = field(default_factory=list)
    dir: Child[PoolDirectory] = None
    adapter: Child[PoolAdapter] = None
    name: Value[str] = None
    initiator: Child[Initiator] = None
    format: Child[PoolFormat] = None
    auth: Child[Auth] = None
    protocol: Child[Protocol] = None
    vendor: Child[Maker] = None
    product: Child[Maker] = None
