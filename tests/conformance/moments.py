"""Snapshots, checkpoints and backups, with what libvirt's test programs set beside the input."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from virtbus.model.backup import BACKUP, Backup, align_disks
from virtbus.model.checkpoint import (
    CHECKPOINT,
    Checkpoint,
    CheckpointDisk,
    CheckpointDisks,
    made_checkpoint,
    new_checkpoint,
)
from virtbus.model.domain.devices.disk import Disk, DiskTarget
from virtbus.model.moment import MomentDomain, MomentParent
from virtbus.model.snapshot import SNAPSHOT, Snapshot, new_snapshot, taken_snapshot
from virtbus.model.source.source import StorageSource

from .cases import Case
from .environment import UUID, generated_macs

PARENT = "1525111885"
SIZE_BYTES = 1048576


class Definition(NamedTuple):
    """Reading, by the product's own functions, as the case says; and writing."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], str]


def snapshot(case: Case, tests: Path) -> Definition:
    """One that is taken now, or with DO_TEST_OUT one that was taken before."""
    taken = case.macro == "DO_TEST_OUT"
    internal = "TEST_INTERNAL" in case.context
    uuid = re.search(r'"([^"]*)"', case.context)
    time = re.search(r"\b([0-9]{5,})\b", case.context.partition(",")[2])

    def read(text: bytes) -> Snapshot:
        document = SNAPSHOT.parse(text)
        if taken:
            taken_snapshot(document, uuid=UUID, macs=generated_macs(), keep_active=internal)
            if document.domain is None and uuid:
                document.domain = MomentDomain(uuid=uuid[1])
        else:
            new_snapshot(
                document,
                created_s=int(time[1]) if time else None,
                uuid=uuid[1] if uuid else None,
            )
        if "TEST_RUNNING" in case.context:
            document.state = "running"
        SNAPSHOT.check(document)
        return document

    return Definition(read, lambda document: SNAPSHOT.format(document, with_secrets=True))


def checkpoint(case: Case, tests: Path) -> Definition:
    """One that is made now, or with DO_TEST_OUT one that was made before."""
    sized = "TEST_SIZE" in case.context
    time = re.search(r"[0-9]{5,}", case.context)

    def read(text: bytes) -> Checkpoint:
        document = CHECKPOINT.parse(text)
        if case.macro == "DO_TEST_OUT":
            made_checkpoint(document, uuid=UUID, macs=generated_macs())
        else:
            if "TEST_VDA_BITMAP" in case.context and document.disks is None:
                document.disks = CheckpointDisks(disks=[CheckpointDisk(name="vda")])
            new_checkpoint(document, created_s=int(time[0]) if time else 0)
        if "TEST_PARENT" in case.context:
            document.parent = MomentParent(name=PARENT)
        if sized and document.disks:
            document.disks.disks[0].size_bytes = SIZE_BYTES
        CHECKPOINT.check(document)
        return document

    return Definition(
        read, lambda document: CHECKPOINT.format(document, inactive=not sized, with_secrets=True)
    )


def backup(case: Case, tests: Path) -> Definition:
    """Of a guest that has the disks named in the document, and one more."""
    internal = case.context == "internal"

    def read(text: bytes) -> Backup:
        document = BACKUP.read(text)
        names = [disk.name for disk in document.disks.disks] if document.disks else []
        if "vdextradisk" not in names:
            names.append("vdextradisk")
        disks = [
            Disk(target=DiskTarget(dev=name), source=StorageSource(file=f"/fake/{name}.qcow2"))
            for name in names
        ]
        align_disks(document, disks, suffix="SUFFIX")
        return document

    return Definition(
        read, lambda document: BACKUP.format(document, inactive=not internal, with_secrets=True)
    )
