"""<domainbackup>: a copy of disks, made (pushed) by the host or fetched (pulled) by a client.

backup = BACKUP.read(text)
align_disks(backup, domain, suffix="1700000000")
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..errors import InvalidDocument
from .domain.devices.disk import Disk
from .engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed, Value
from .engine.document import Document
from .engine.repeated import repeated
from .engine.values import Port, UInt, YesNo
from .engine.walk import Problem, invalid
from .source.by_type import settle
from .source.source import ImageFormat, SourceType, StorageSource


class BackupServer(Element):
    """<server>: where a client fetches the content, with NBD."""

    transport: Attr[Literal["tcp", "unix", "rdma", "fd"]] = None
    tls: Attr[YesNo] = None
    name: Attr[str] = None
    port: Attr[Port] = None
    socket: Attr[str] = None
    fdgroup: Attr[str] = None

    def defaults(self) -> None:
        """TCP unless said otherwise; of the rest what the transport has."""
        self.transport = self.transport or "tcp"
        if self.transport != "tcp":
            self.name = self.port = None
        if self.transport != "fd":
            self.fdgroup = None
        self.port = self.port or None

    def problems(self) -> Iterator[str]:
        """The transport has what it needs."""
        if self.transport == "rdma":
            yield "transport 'rdma' cannot serve backups"
        elif self.transport == "unix":
            if not self.socket:
                yield "transport 'unix' needs a socket"
            elif not self.socket.startswith("/"):
                yield f"the socket's path '{self.socket[:60]}' must be absolute"
        elif self.socket is not None:
            yield f"transport '{self.transport or 'tcp'}' takes no socket"
        elif self.transport == "fd":
            if not self.fdgroup:
                yield "transport 'fd' needs an fdgroup"
        elif not self.name:
            yield "a host needs a name"


class BackupDriver(Element):
    """<driver>: the format of the copy."""

    type: Attr[ImageFormat] = None


class BackupDisk(Element, kw_only=True):
    """<disk>: one disk; `target` is what a push writes, `scratch` what a pull needs meanwhile."""

    name: Needed[str]
    backup: Attr[YesNo] = None
    state: Annotated[
        Attr[Literal["running", "complete", "failed", "cancelling", "cancelled"]], LIVE
    ] = None
    type: Attr[SourceType] = None
    backupmode: Attr[Literal["full", "incremental"]] = None
    incremental: Attr[str] = None
    exportname: Attr[str] = None
    exportbitmap: Attr[str] = None
    index: Annotated[Attr[UInt], LIVE] = None
    driver: Child[BackupDriver] = None
    target: Child[StorageSource] = None
    scratch: Child[StorageSource] = None

    @property
    def store(self) -> StorageSource | None:
        """Where the copy goes, or what is needed meanwhile."""
        return self.target or self.scratch

    def defaults(self) -> None:
        """A disk that is named takes part, in a file; one that takes no part says no more."""
        if self.backup is False:
            for name in self.__struct_fields__:
                if name not in ("name", "backup", "line", "other", "other_attributes", "ignored"):
                    setattr(self, name, None)
            return
        self.backup = True
        self.type = self.type or "file"
        self.index = self.index or None
        settle(self.target, self.type)
        settle(self.scratch, self.type)
        if self.driver is not None and self.driver.type is None:
            self.driver = None

    def problems(self) -> Iterator[str]:
        """Files and devices only."""
        if self.type not in (None, "file", "block"):
            yield f"a disk of type '{self.type}' cannot hold a backup"


class BackupDisks(Element):
    """<disks>."""

    disks: Annotated[Children[BackupDisk], Name("disk")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """Each disk is named once."""
        names = [disk.name for disk in self.disks]
        for name in sorted(repeated(names)):
            yield f"disk '{name}' is given more than once"


class PrivateSecret(Element, kw_only=True):
    """<secret>: the emulator's object with the key's password."""

    type: Needed[Literal["tlskey"]]
    alias: Needed[str]


class PrivateTls(Element, kw_only=True):
    """<TLSx509>: the emulator's object with the certificates."""

    alias: Needed[str]


class PrivateObjects(Element):
    """<objects>."""

    secret: Child[PrivateSecret] = None
    tls: Annotated[Child[PrivateTls], Name("TLSx509")] = None


class BackupPrivate(Element):
    """<privateData>: what the host notes of a backup that runs."""

    objects: Child[PrivateObjects] = None


class Backup(Element):
    """<domainbackup>."""

    mode: Attr[Literal["push", "pull"]] = None
    incremental: Value[str] = None
    server: Child[BackupServer] = None
    disks: Child[BackupDisks] = None
    private: Annotated[Child[BackupPrivate], Name("privateData"), LIVE] = None

    def defaults(self) -> None:
        """The host makes the copy, unless the client asks to fetch it."""
        self.mode = self.mode or "push"
        for disk in self.disks.disks if self.disks else ():
            if self.mode == "push":
                disk.exportname = disk.exportbitmap = disk.scratch = None
            else:
                disk.target = None

    def problems(self) -> Iterator[str]:
        """Clients fetch from a server, which a push has none of."""
        if self.server is not None and self.mode != "pull":
            yield "a <server> is for mode 'pull'"
        for disk in self.disks.disks if self.disks else ():
            if disk.backupmode == "incremental" and not (disk.incremental or self.incremental):
                yield f"disk '{disk.name[:60]}': 'incremental' must name a checkpoint"


def align_disks(backup: Backup, disks: list[Disk], *, suffix: str) -> None:
    """Name all disks of the guest, with files beside theirs where none is given.

    With no disk named, all take part that hold anything and can be written to; else the
    others take none. Raises InvalidDocument for disks the guest does not have, and where
    a file cannot be named.
    """
    if not disks:
        raise _refused(backup, "a guest without disks cannot be backed up")
    asked = backup.disks.disks if backup.disks else []
    by_name = {disk.target.dev: disk for disk in disks}
    for each in asked:
        if each.name not in by_name:
            raise _refused(each, f"the guest has no disk '{each.name[:60]}'")
        if each.backup:
            _store(each, by_name[each.name], backup.mode, suffix)
    named = {each.name for each in asked}
    for name, disk in by_name.items():
        if name in named:
            continue
        part = not named and _has_media(disk) and not disk.readonly
        added = BackupDisk(name=name, backup=part)
        if part:
            _store(added, disk, backup.mode, suffix)
        asked.append(added)
    for each in asked:
        if each.backup:
            _mode(each, backup.incremental)
    backup.disks = BackupDisks(disks=asked)


def _has_media(disk: Disk) -> bool:
    return disk.source is not None and disk.source != type(disk.source)()


def _store(backup: BackupDisk, disk: Disk, mode: str | None, suffix: str) -> None:
    """Where the copy of `disk` goes, beside it."""
    if not _has_media(disk):
        raise _refused(backup, f"disk '{backup.name[:60]}' holds nothing")
    if backup.store is not None:
        return
    if disk.type != "file" or disk.source is None or not disk.source.file:
        raise _refused(backup, f"disk '{backup.name[:60]}' is no file to name one beside")
    backup.type = "file"
    store = StorageSource(file=f"{disk.source.file}.{suffix}")
    if mode == "pull":
        backup.scratch = store
    else:
        backup.target = store


def _mode(backup: BackupDisk, incremental: str | None) -> None:
    """Only the changes are copied when it is known since when."""
    if backup.backupmode is None:
        backup.backupmode = "incremental" if incremental or backup.incremental else "full"
    if backup.backupmode == "incremental":
        backup.incremental = backup.incremental or incremental


def _refused(element: Element, reason: str) -> InvalidDocument:
    path = "domainbackup/disks/disk" if isinstance(element, BackupDisk) else "domainbackup"
    return invalid(Problem(element.line, path, reason))


BACKUP = Document("domainbackup", Backup)
