"""What each type of pool has: the parts of its source, and the formats it knows.

One row per type; reading, completing, checking and the pool capabilities ask this table.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

from ..source.source import ImageFormat

PoolType: TypeAlias = Literal[
    "dir", "fs", "netfs", "logical", "disk", "iscsi", "iscsi-direct", "scsi", "mpath", "rbd",
    "sheepdog", "gluster", "zfs", "vstorage",
]  # fmt: skip
SourcePart: TypeAlias = Literal["hosts", "devices", "dir", "adapter", "name", "initiator"]

_FILESYSTEMS = (
    "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2", "vfat", "hfs+", "xfs",
    "ocfs2", "vmfs",
)  # fmt: skip
_SHARES = ("auto", "nfs", "glusterfs", "cifs")
_DISK_LABELS = ("unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2")
_LOGICAL = ("unknown", "lvm2")
IMAGE_FORMATS: tuple[str, ...] = get_args(ImageFormat)
_PARTITIONS = (
    "none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended",
)  # fmt: skip


class PoolKind(NamedTuple):
    """One type of pool."""

    parts: tuple[SourcePart, ...] = ()  # what its source may hold
    formats: tuple[str, ...] = ()  # of the pool itself; none: it has no format
    default_format: str | None = None
    volume_formats: tuple[str, ...] = ()
    default_volume_format: str | None = None
    local: bool = True  # its volumes appear under a path of the host
    path_prefix: str | None = None  # the target path is this and the source's name


POOL_KINDS: dict[PoolType, PoolKind] = {
    "dir": PoolKind((), (), None, IMAGE_FORMATS, "raw"),
    "fs": PoolKind(("devices",), _FILESYSTEMS, "auto", IMAGE_FORMATS, "raw"),
    "netfs": PoolKind(("hosts", "dir"), _SHARES, "auto", IMAGE_FORMATS, "raw"),
    "logical": PoolKind(("name", "devices"), _LOGICAL, "lvm2", path_prefix="/dev/"),
    "disk": PoolKind(("devices",), _DISK_LABELS, "unknown", _PARTITIONS, "none"),
    "iscsi": PoolKind(("hosts", "devices", "initiator")),
    "iscsi-direct": PoolKind(("hosts", "devices", "initiator"), local=False),
    "scsi": PoolKind(("adapter",)),
    "mpath": PoolKind(),
    "rbd": PoolKind(("hosts", "name"), (), None, IMAGE_FORMATS, "raw", local=False),
    "sheepdog": PoolKind(("hosts", "name"), local=False),
    "gluster": PoolKind(("hosts", "name", "dir"), (), None, IMAGE_FORMATS, "raw", local=False),
    "zfs": PoolKind(("name", "devices"), path_prefix="/dev/zvol/"),
    "vstorage": PoolKind(("name",), (), None, IMAGE_FORMATS, "raw"),
}
