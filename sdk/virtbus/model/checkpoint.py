"""<domaincheckpoint>: a moment from which on the changes of disks are noted.

checkpoint = CHECKPOINT.parse(text)
new_checkpoint(checkpoint, created_s=...)
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from .domain.root import Domain
from .engine import walk
from .engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed, Value
from .engine.document import Document
from .engine.repeated import repeated
from .engine.values import ULong
from .moment import MomentParent, Seconds, complete_guest, need

_NAME = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*", re.ASCII)


class CheckpointDisk(Element, kw_only=True):
    """<disk>: whether the changes of one disk are noted, and in which bitmap."""

    name: Needed[str]
    checkpoint: Attr[Literal["no", "bitmap"]] = None
    bitmap: Attr[str] = None
    size_bytes: Annotated[Attr[ULong], Name("size"), LIVE] = None

    def defaults(self) -> None:
        """A disk that is named takes part."""
        self.checkpoint = self.checkpoint or "bitmap"

    def problems(self) -> Iterator[str]:
        """A bitmap is for disks that take part."""
        if self.checkpoint == "no" and (self.bitmap or self.size_bytes is not None):
            yield f"disk '{self.name[:60]}' takes no part, so it has no bitmap"


class CheckpointDisks(Element):
    """<disks>."""

    disks: Annotated[Children[CheckpointDisk], Name("disk")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """Each disk is named once."""
        names = [disk.name for disk in self.disks]
        for name in sorted(repeated(names)):
            yield f"disk '{name}' is given more than once"
        if not names:
            yield "a <disk> is needed"


class Checkpoint(Element):
    """<domaincheckpoint>."""

    name: Value[str] = None
    description: Value[str] = None
    parent: Child[MomentParent] = None
    creation_time_s: Annotated[Value[Seconds], Name("creationTime")] = None
    disks: Child[CheckpointDisks] = None
    domain: Child[Domain] = None

    def defaults(self) -> None:
        """The guest is kept as it is defined."""
        self.creation_time_s = self.creation_time_s or None
        if self.domain is not None:
            self.domain = walk.strip(self.domain, live=True)

    def problems(self) -> Iterator[str]:
        """Names are good for files and bitmaps."""
        parent = self.parent.name if self.parent else None
        for what, name in (("name", self.name), ("parent/name", parent)):
            if name is not None and not _NAME.fullmatch(name):
                yield (
                    f"element '{what}': expected letters, digits, '_', '-' and '.', "
                    f"which is not first, not '{name[:60]}'"
                )


def new_checkpoint(checkpoint: Checkpoint, *, created_s: int) -> None:
    """Settle the document of a checkpoint that is to be made.

    What only one that was made can say (parent, guest) is dropped; without a name it is
    called by its time, which is in seconds since 1970. Each disk's bitmap has that name.
    """
    checkpoint.parent = checkpoint.domain = None
    checkpoint.creation_time_s = created_s
    checkpoint.name = checkpoint.name or str(created_s)
    walk.defaults("domaincheckpoint", checkpoint)
    for disk in checkpoint.disks.disks if checkpoint.disks else ():
        if disk.checkpoint == "bitmap":
            disk.bitmap = disk.bitmap or checkpoint.name


def made_checkpoint(checkpoint: Checkpoint, *, uuid: str, macs: Iterator[str]) -> None:
    """Settle the document of a checkpoint that was made before of the guest `uuid`.

    Raises InvalidDocument for what every such checkpoint has. `macs` gives addresses for
    interfaces of its guest that have none.
    """
    need(checkpoint, "domaincheckpoint", name="name", creation_time_s="creationTime")
    if checkpoint.domain is not None:
        complete_guest(checkpoint.domain, "domaincheckpoint/domain", uuid=uuid, macs=macs)
    walk.defaults("domaincheckpoint", checkpoint)


CHECKPOINT = Document("domaincheckpoint", Checkpoint)
