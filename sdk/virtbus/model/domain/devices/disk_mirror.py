"""<mirror> of a disk: a copy being made while the guest runs."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ...engine.declare import Attr, Child, Element, Name
from ...source.by_type import settle, source_problems
from ...source.source import BackingStore, Format, ImageFormat, SourceType, StorageSource


class Mirror(Element):
    """<mirror>: where the content is being copied to."""

    type: Attr[SourceType] = None
    file: Attr[str] = None
    format_name: Annotated[Attr[ImageFormat], Name("format")] = None
    job: Attr[Literal["copy", "active-commit"]] = None
    ready: Attr[Literal["yes", "abort", "pivot"]] = None
    format: Child[Format] = None
    source: Child[StorageSource] = None
    backing_store: Annotated[Child[BackingStore], Name("backingStore")] = None

    def defaults(self) -> None:
        """A copy to a file is told in an older way as well."""
        self.job = self.job or "copy"
        if self.type is None and self.file is not None:
            self.type = "file"
            self.format = Format(type=self.format_name) if self.format_name else None
            self.source = StorageSource(file=self.file)
        elif self.type is not None:
            settle(self.source, self.type)
            old = self.type == "file" and self.job == "copy"
            self.file = self.source.file if old and self.source else None
            self.format_name = self.format.type if old and self.format else None

    def problems(self) -> Iterator[str]:
        """There is somewhere to copy to."""
        if self.source is None:
            yield "a <source> is needed" if self.type else "a 'file' is needed"
        if self.type is not None:
            yield from source_problems(self.source, self.type)
