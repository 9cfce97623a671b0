"""<pool>: a place that volumes are in.

pool = POOL.read(text)
complete_pool(pool, uuid=...)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine import walk
from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Value
from ..engine.document import Document
from ..engine.values import Uuid, YesNo
from .common import Bytes, Path, Permissions, permissions_or_none
from .pool_kinds import POOL_KINDS, PoolKind, PoolType
from .pool_source import PoolDirectory, PoolFormat, PoolSource


class CopyOnWrite(Element):
    """<cow>: whether files of the pool are copied when written."""

    state: Attr[YesNo] = None


class PoolFeatures(Element):
    """<features> of a pool."""

    cow: Child[CopyOnWrite] = None


class PoolTarget(Element):
    """<target>: where the volumes appear on the host."""

    path: Value[Path] = None
    permissions: Child[Permissions] = None

    def defaults(self) -> None:
        """Permissions that say nothing go."""
        self.permissions = permissions_or_none(self.permissions)


class RefreshVolume(Element):
    """<volume> of <refresh>: how the space a volume takes is found."""

    allocation: Attr[Literal["default", "capacity"]] = None


class Refresh(Element):
    """<refresh>: what is asked of each volume when the pool is looked through."""

    volume: Child[RefreshVolume] = None


class MountOption(Element, kw_only=True):
    """<fs:option>: one option of mount."""

    name: Needed[str]


class MountOptions(Element):
    """<fs:mount_opts>."""

    options: Annotated[Children[MountOption], Name("fs:option")] = field(default_factory=list)


class RbdOption(Element, kw_only=True):
    """<rbd:option>: one setting of librados."""

    name: Needed[str]
    value: Needed[str]

    def problems(self) -> Iterator[str]:
        """Neither is empty."""
        if not (self.name and self.value):
            yield "attributes 'name' and 'value' must not be empty"


class RbdOptions(Element):
    """<rbd:config_opts>."""

    options: Annotated[Children[RbdOption], Name("rbd:option")] = field(default_factory=list)


class Pool(Element, kw_only=True):
    """<pool>. The sizes are facts of the running pool: 0 in a definition."""

    type: Needed[PoolType]
    name: Value[str] = None
    uuid: Value[Uuid] = None
    capacity: Child[Bytes] = None
    allocation: Child[Bytes] = None
    available: Child[Bytes] = None
    features: Child[PoolFeatures] = None
    source: Child[PoolSource] = None
    target: Child[PoolTarget] = None
    refresh: Child[Refresh] = None
    mount_options: Annotated[Child[MountOptions], Name("fs:mount_opts")] = None
    rbd_options: Annotated[Child[RbdOptions], Name("rbd:config_opts")] = None

    @property
    def kind(self) -> PoolKind:
        """What a pool of this type has."""
        return POOL_KINDS[self.type]

    def defaults(self) -> None:
        """Sizes, names and paths settled; parts that the type does not have are dropped."""
        self.capacity = self.capacity or Bytes(size_bytes=0)
        self.allocation = self.allocation or Bytes(size_bytes=0)
        self.available = self.available or Bytes(size_bytes=0)
        self.source = self.source or PoolSource()
        _settle_source(self.source, self)
        _settle_target(self)
        _drop_empty(self)

    def inactive(self) -> Pool:
        """Nothing is known of the space until the pool runs."""
        none = Bytes(size_bytes=0)
        copy = walk.copy_of(self)
        copy.capacity = copy.allocation = copy.available = none
        return copy

    def problems(self) -> Iterator[str]:
        """The type has all it needs."""
        if not self.name:
            yield "element 'name' is missing"
        elif "/" in self.name:
            yield f"the name '{self.name[:60]}' must not contain '/'"
        if self.features and self.features.cow and self.type not in ("fs", "dir"):
            yield "the feature 'cow' is for pools of type 'fs' and 'dir'"
        if self.kind.local and not (self.target and self.target.path):
            yield "element 'target/path' is missing"
        yield from _source_problems(self.source or PoolSource(), self.type)


def _settle_source(source: PoolSource, pool: Pool) -> None:
    kind = pool.kind
    if "name" in kind.parts:
        pool.name = pool.name or source.name
        if pool.type != "rbd":
            source.name = source.name or pool.name
    else:
        source.name = None
    if pool.type == "gluster" and source.dir is None:
        source.dir = PoolDirectory(path="/")
    if "hosts" not in kind.parts:
        source.hosts = []
    if "devices" not in kind.parts:
        source.devices = []
    for part in ("dir", "adapter", "initiator"):
        if part not in kind.parts:
            setattr(source, part, None)
    if kind.default_format is None:
        source.format = None
    elif source.format is None:
        source.format = PoolFormat(type=kind.default_format)


def _settle_target(pool: Pool) -> None:
    if not pool.kind.local:
        pool.target = None
        return
    prefix = pool.kind.path_prefix
    if prefix is not None and pool.source and pool.source.name:
        pool.target = pool.target or PoolTarget()
        pool.target.path = f"{prefix}{pool.source.name}"


def _drop_empty(pool: Pool) -> None:
    """What says nothing, or is not for this type."""
    if pool.features and (pool.features.cow is None or pool.features.cow.state is None):
        pool.features = None
    if pool.refresh and (pool.refresh.volume is None or pool.refresh.volume.allocation is None):
        pool.refresh = None
    if pool.mount_options and (pool.type not in ("fs", "netfs") or not pool.mount_options.options):
        pool.mount_options = None
    if pool.rbd_options and (pool.type != "rbd" or not pool.rbd_options.options):
        pool.rbd_options = None


def _source_problems(source: PoolSource, pool_type: PoolType) -> Iterator[str]:
    kind = POOL_KINDS[pool_type]
    if "hosts" in kind.parts and not source.hosts:
        yield f"a pool of type '{pool_type}' needs a host in its source"
    if "dir" in kind.parts and source.dir is None:
        yield f"a pool of type '{pool_type}' needs a dir in its source"
    if "adapter" in kind.parts and source.adapter is None:
        yield f"a pool of type '{pool_type}' needs an adapter in its source"
    if kind.parts == ("devices",) and not source.devices:
        yield f"a pool of type '{pool_type}' needs a device in its source"
    if pool_type == "rbd" and not source.name:
        yield "a pool of type 'rbd' needs a name in its source"
    if pool_type == "iscsi-direct" and source.initiator is None:
        yield "a pool of type 'iscsi-direct' needs an initiator in its source"
    if source.auth and not source.auth.type:
        yield "attribute 'type' of the source's auth is missing"
    if source.format and source.format.type not in kind.formats:
        yield f"format '{source.format.type[:60]}' is none of {', '.join(kind.formats)}"
    if source.protocol:
        yield from _protocol_problems(source)


def _protocol_problems(source: PoolSource) -> Iterator[str]:
    assert source.protocol is not None
    if source.format is None or source.format.type not in ("nfs", "auto"):
        yield "only NFS has a protocol version"
    if "," in source.protocol.ver:
        yield f"the protocol version '{source.protocol.ver[:60]}' must not contain ','"


def complete_pool(pool: Pool, *, uuid: str) -> None:
    """Fill in what `pool` leaves out; `uuid` is used when it has none."""
    walk.defaults("pool", pool)
    pool.uuid = pool.uuid or uuid


POOL = Document("pool", Pool)
