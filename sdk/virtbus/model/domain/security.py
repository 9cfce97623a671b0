"""<seclabel>: confinement by SELinux, AppArmor or file ownership."""

from __future__ import annotations

from typing import Literal, Self

import msgspec

from ..engine.declare import Attr, Element, Value
from ..engine.values import YesNo


class SecurityLabel(Element):
    """<seclabel>. With type dynamic, the labels are made at start."""

    type: Attr[Literal["dynamic", "static", "none"]] = None
    model: Attr[str] = None
    relabel: Attr[YesNo] = None
    label: Value[str] = None
    imagelabel: Value[str] = None
    baselabel: Value[str] = None

    def inactive(self) -> Self:
        """Labels made at start go."""
        if self.type == "static" or not (self.label or self.imagelabel):
            return self
        return msgspec.structs.replace(self, label=None, imagelabel=None)
