"""<seclabel> of one thing a guest opens: how the confinement treats that file."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from .engine.declare import LIVE, Attr, Element, Value
from .engine.repeated import repeated
from .engine.values import YesNo


class DeviceSecurityLabel(Element):
    """<seclabel> within a <source>: one for each security model."""

    model: Attr[str] = None
    labelskip: Annotated[Attr[YesNo], LIVE] = None
    relabel: Attr[YesNo] = None
    label: Value[str] = None

    def defaults(self) -> None:
        """A label asks for relabelling."""
        if self.label == "":
            self.label = None
        if self.labelskip is False:
            self.labelskip = None
        if self.label is not None and self.relabel is None:
            self.relabel = True

    def inactive(self) -> Self | None:
        """What names no label and does not forbid one says nothing."""
        return self if self.label is not None or self.relabel is False else None

    def problems(self) -> Iterator[str]:
        """A label and relabelling go together."""
        if self.label is not None and self.relabel is False:
            yield "a label needs relabel='yes'"
        if self.label is None and self.relabel and not self.labelskip:
            yield "relabel='yes' needs a label"


def label_problems(labels: Sequence[DeviceSecurityLabel]) -> Iterator[str]:
    """Each security model has one label for a file."""
    if len(labels) > 1:
        models = [label.model for label in labels if label.model is not None]
        for model in repeated(models):
            yield f"more than one <seclabel> for model '{model}'"
