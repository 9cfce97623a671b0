"""<filterref>: the network filter that guards a port, and the values of its variables."""

import re
from typing import Annotated

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed

_NAME = re.compile("[a-zA-Z0-9_]*", re.ASCII)
_VALUE = re.compile("[a-zA-Z0-9_.:]+", re.ASCII)


class FilterParameter(Element):
    """<parameter>: one value; several of one name make a list."""

    name: Attr[str] = None
    value: Attr[str] = None

    def means_something(self) -> bool:
        """Whether name and value are made of the characters they may have."""
        known = self.name is not None and self.value is not None
        return known and bool(
            _NAME.fullmatch(self.name or "") and _VALUE.fullmatch(self.value or "")
        )


class FilterRef(Element, kw_only=True):
    """<filterref>."""

    filter: Needed[str]
    parameters: Annotated[Children[FilterParameter], Name("parameter")] = field(
        default_factory=list
    )

    def defaults(self) -> None:
        """Parameters stand by name; what cannot be a name or a value is passed over."""
        self.parameters = meaningful(self.parameters)


def meaningful(parameters: list[FilterParameter]) -> list[FilterParameter]:
    """By name, without those that cannot be a name or a value."""
    kept = [p for p in parameters if p.means_something()]
    return sorted(kept, key=lambda parameter: parameter.name or "")
