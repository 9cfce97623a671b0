"""<vlan>: the VLANs a port carries."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed
from ..engine.values import Integer


class _Trunk:
    """yes or no in any case of letters; written in lower case."""

    def parse(self, raw: str) -> bool:
        word = raw.lower()
        if word not in ("yes", "no"):
            raise ValueError(f"expected 'yes' or 'no', not '{raw[:60]}'")
        return word == "yes"

    def format(self, value: Any) -> str:
        return "yes" if value else "no"


class VlanTag(Element, kw_only=True):
    """<tag>."""

    id: Needed[Annotated[int, Integer(0, 4095)]]
    native_mode: Annotated[Attr[Literal["tagged", "untagged"]], Name("nativeMode")] = None


class Vlan(Element):
    """<vlan>."""

    trunk: Attr[Annotated[bool, _Trunk()]] = None
    tags: Annotated[Children[VlanTag], Name("tag")] = field(default_factory=list)

    def defaults(self) -> None:
        """More than one tag makes a trunk; "no" is not written where it may stand."""
        if len(self.tags) > 1 and self.trunk is None:
            self.trunk = True
        if self.trunk is False and len(self.tags) == 1 and self.tags[0].native_mode is None:
            self.trunk = None

    def problems(self) -> Iterator[str]:
        """There are tags, at most one of them native, and a trunk where it takes one."""
        native = sum(tag.native_mode is not None for tag in self.tags)
        if not self.tags:
            yield "at least one <tag> is needed"
        if native > 1:
            yield "only one tag can be the native one"
        if self.trunk is False and (native or len(self.tags) > 1):
            yield "several tags, or a native one, need trunk='yes'"
