"""<storagepoolCapabilities>: which types of pools can be used, and the formats they know."""

from typing import Annotated

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, Values
from ..engine.document import Report
from ..engine.values import YesNo


class DefaultFormat(Element, kw_only=True):
    """<defaultFormat>: what is meant when a document names none."""

    type: Needed[str]


class FormatChoices(Element, kw_only=True):
    """<enum>: the formats that may be named."""

    name: Needed[str]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)


class FormatOptions(Element):
    """<poolOptions> or <volOptions>."""

    default_format: Annotated[Child[DefaultFormat], Name("defaultFormat")] = None
    enums: Annotated[Children[FormatChoices], Name("enum")] = field(default_factory=list)


class PoolSupport(Element, kw_only=True):
    """<pool>: one type of pool."""

    type: Needed[str]
    supported: Needed[YesNo]
    pool_options: Annotated[Child[FormatOptions], Name("poolOptions")] = None
    volume_options: Annotated[Child[FormatOptions], Name("volOptions")] = None


class PoolCapabilities(Element):
    """<storagepoolCapabilities>."""

    pools: Annotated[Children[PoolSupport], Name("pool")] = field(default_factory=list)


POOL_CAPABILITIES = Report("storagepoolCapabilities", PoolCapabilities)
