"""<memory>, <currentMemory>, <maxMemory>: all kept in KiB."""

from typing import Annotated, TypeAlias

from ..engine.declare import Attr, Element, Name, Size
from ..engine.values import OnOff, UInt, Unit

Kibibytes: TypeAlias = Annotated[Size, Unit("KiB", "KiB")]


class SizeKib(Element, kw_only=True):
    """An element whose text is a size."""

    size_kib: Kibibytes


class Memory(Element, kw_only=True):
    """What the guest has when it starts."""

    dump_core: Annotated[Attr[OnOff], Name("dumpCore")] = None
    size_kib: Kibibytes


class CurrentMemory(Element, kw_only=True):
    """What the balloon leaves the guest."""

    size_kib: Kibibytes


class MaxMemory(Element, kw_only=True):
    """What the guest can have with memory devices plugged in."""

    slots: Attr[UInt] = None
    size_kib: Kibibytes
