"""<idmap>: users and groups of a container, and who they are on the host."""

from collections.abc import Iterator

from msgspec import field

from ..engine.declare import Children, Element, Needed
from ..engine.values import UInt


class IdRange(Element, kw_only=True):
    """<uid>, <gid>: `count` ids from `start` inside are those from `target` outside."""

    start: Needed[UInt]
    target: Needed[UInt]
    count: Needed[UInt]


class IdMap(Element):
    """<idmap>."""

    uid: Children[IdRange] = field(default_factory=list)
    gid: Children[IdRange] = field(default_factory=list)

    def defaults(self) -> None:
        """In ascending order."""
        self.uid.sort(key=lambda each: each.start)
        self.gid.sort(key=lambda each: each.start)

    def problems(self) -> Iterator[str]:
        """The container has a root, among users and among groups."""
        for what, ranges in (("uid", self.uid), ("gid", self.gid)):
            if not ranges:
                yield f"<{what}> is missing"
            elif min(each.start for each in ranges) != 0:
                yield f"no <{what}> begins at 0"
