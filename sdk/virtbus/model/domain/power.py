"""What happens when the guest stops or crashes, and whether it may sleep."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from ..engine.declare import Attr, Child, Element, Name
from ..engine.values import YesNo

LifecycleAction: TypeAlias = Literal["destroy", "restart", "rename-restart", "preserve"]
CrashAction: TypeAlias = Literal[
    "destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart"
]


class Enabled(Element):
    """<suspend-to-mem>, <suspend-to-disk>."""

    enabled: Attr[YesNo] = None


class PowerManagement(Element):
    """<pm>: whether the firmware offers to sleep."""

    suspend_to_mem: Annotated[Child[Enabled], Name("suspend-to-mem")] = None
    suspend_to_disk: Annotated[Child[Enabled], Name("suspend-to-disk")] = None
