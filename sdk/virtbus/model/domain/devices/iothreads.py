"""<iothreads> of a disk's or controller's <driver>: which threads serve which queues."""

from typing import Annotated

from msgspec import field

from ...engine.declare import Children, Element, Name, Needed
from ...engine.values import UInt


class IothreadQueue(Element, kw_only=True):
    """<queue>: a virtqueue, by its number from 0."""

    id: Needed[UInt]


class IothreadOfDevice(Element, kw_only=True):
    """<iothread>: one of the guest's I/O threads, and the queues it serves (none: shared)."""

    id: Needed[UInt]
    queues: Annotated[Children[IothreadQueue], Name("queue")] = field(default_factory=list)


class IothreadMapping(Element):
    """<iothreads>."""

    MAY_BE_EMPTY = False

    threads: Annotated[Children[IothreadOfDevice], Name("iothread")] = field(default_factory=list)
