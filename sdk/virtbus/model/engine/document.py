"""One kind of document: the steps over its declarations, under one name."""

from __future__ import annotations

from typing import Generic, TypeVar

from . import walk
from .declare import Element
from .walk import Problem

E = TypeVar("E", bound=Element)


class Document(Generic[E]):
    """A kind of document, by its root's tag and the class that declares it.

    NETWORK = Document("network", Network)
    network = NETWORK.read(text)
    """

    def __init__(self, tag: str, cls: type[E]) -> None:
        self.tag = tag
        self.cls = cls

    def read(self, text: str | bytes) -> E:
        """Parsed, completed and checked. Raises InvalidDocument."""
        element = self.parse(text)
        self.apply_defaults(element)
        self.check(element)
        return element

    def parse(self, text: str | bytes) -> E:
        """As it stands: no defaults, no checks across elements. Raises InvalidDocument."""
        from .reader import parse

        return parse(self.cls, self.tag, text)

    def apply_defaults(self, element: E) -> None:
        """Fill in what the document leaves out and libvirt settles for every hypervisor."""
        walk.defaults(self.tag, element)

    def problems(self, element: E) -> list[Problem]:
        """All contradictions within the document, for a person to mend."""
        return list(walk.problems(self.tag, element))

    def check(self, element: E) -> None:
        """Raise InvalidDocument for the first contradiction."""
        walk.check(self.tag, element)

    def ignored(self, element: E) -> list[Problem]:
        """What the document says and nobody understands: misspelt, or from the future."""
        return list(walk.ignored(self.tag, element))

    def format(self, element: E, *, inactive: bool = False, with_secrets: bool = False) -> str:
        """The text, as libvirt would write it; ends in a newline.

        `inactive` leaves out what is true of the running object only; secrets are left out
        unless `with_secrets`. Raises InvalidDocument when a field holds what XML cannot.
        """
        from .writer import format_element

        return format_element(self.tag, walk.strip(element, live=inactive, secret=not with_secrets))

    def inactive(self, element: E) -> E:
        """`element` as a definition; shares what did not change, so copy before changing it."""
        return walk.strip(element, live=True)

    def copy(self, element: E) -> E:
        """A copy that shares nothing with `element`; several times faster than copy.deepcopy."""
        return walk.copy_of(element)


class Report(Document[E]):
    """A kind of document that says what a host is or offers: nothing is filled in."""

    def apply_defaults(self, element: E) -> None:
        """Nothing: what a host does not say is not known."""
