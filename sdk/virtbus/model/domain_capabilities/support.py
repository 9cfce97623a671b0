"""What every part of <domainCapabilities> is made of: yes or no, and the words it takes."""

from typing import Annotated

from msgspec import field

from ..engine.declare import Children, Element, Name, Needed, Values
from ..engine.values import YesNo


class Choices(Element, kw_only=True):
    """<enum>: the words one attribute may have."""

    name: Needed[str]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)


class Support(Element, kw_only=True):
    """A feature or device: whether it is there, and the words it takes."""

    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)
