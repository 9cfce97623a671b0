"""The document of a network filter (libvirt's nwfilter)."""

from __future__ import annotations

from ..engine import walk
from ..engine.document import Document
from .root import Filter, FilterReference, FilterRule

__all__ = ["FILTER", "Filter", "FilterReference", "FilterRule", "apply_filter_defaults"]

FILTER = Document("filter", Filter)


def apply_filter_defaults(document: Filter, *, uuid: str) -> None:
    """Fill in what the document leaves out; `uuid` is used when it has none."""
    walk.defaults("filter", document)
    document.uuid = document.uuid or uuid
