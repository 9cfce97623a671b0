"""Documents made by the declarations themselves: from nothing, or from one that is sound."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.document import Document
from virtbus.model.engine.namespaces import clark
from virtbus.model.engine.table import Field, Table, by_tag, table_of
from virtbus.model.engine.values import UNITS

from .choices import Choices
from .nodes import Node
from .values import HOSTILE, NO_XML, value

MAX_NODES = 120
_LISTS = (Kind.CHILDREN, Kind.VALUES)


class Maker:
    """Makes the elements of one document."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._left = MAX_NODES
        self._sparse = choices.pick((24, 8, 4, 60))
        self._strangeness = choices.pick((256, 256, 64, 12))

    def document(self, kind: Document[Element]) -> Node:
        """A whole document."""
        return self.element(kind.cls, kind.tag)

    def element(self, cls: type[Element], tag: str) -> Node:
        """An element of that class, with some of what it may hold."""
        self._left -= 1
        chosen = ""
        if variants := table_of(cls).variants:
            chosen = self._choices.pick(list(variants))
            if cls.CHOSEN_BY:
                cls = variants[chosen]
        node = Node(tag)
        for field in table_of(cls).fields:
            if field.required or self._choices.one_in(self._sparse):
                self.fill(node, field)
        if cls.CHOSEN_BY and chosen:
            node.attributes[cls.CHOSEN_BY] = chosen
        if self._choices.one_in(200):
            self._foreign(node)
        return node

    def fill(self, node: Node, field: Field) -> None:
        """Give the element a value of its field, or one more of them."""
        match field.kind:
            case Kind.ATTRIBUTE:
                node.attributes[field.xml] = self._value(field)
            case Kind.TEXT:
                node.text = self._value(field)
            case Kind.SIZE:
                node.text = self._choices.pick(("1", "1048576", "0", "4194304", "1" * 19))
                if self._choices.one_in(2):
                    node.attributes["unit"] = self._choices.pick((*UNITS, "GiB", "EB", "x,y"))
            case Kind.KEPT:
                node.children.append(Node(field.xml, children=[Node("x:app", {"v": "1"})]))
            case _ if self._left > 0:
                node.children += self._children(field)

    def _children(self, field: Field) -> Iterator[Node]:
        many = self._choices.pick((1, 1, 2, 3)) if field.kind in _LISTS else 1
        for each in [self._choices.pick(by_tag(field)) for _ in range(many)]:
            match field.kind:
                case Kind.CHILD | Kind.CHILDREN:
                    yield self.element(each.element, each.xml)
                case Kind.FLAG:
                    yield Node(each.xml)
                case _:
                    yield Node(each.xml, text=self._value(field))

    def _value(self, field: Field) -> str:
        return value(field, self._choices, self._strangeness)

    def _foreign(self, node: Node) -> None:
        """Something that is not declared."""
        word = self._choices.pick(HOSTILE)
        match self._choices.below(5):
            case 0:
                node.attributes["unknown"] = word
            case 1:
                node.attributes["x:unknown"] = word
            case 2:
                node.children.append(Node("unknown", text=word))
            case 3:
                node.children.append(Node("x:unknown", {"a": word}, text=word))
            case _:
                node.raw = self._choices.pick(NO_XML)

    def change(self, root: Node, kind: Document[Element]) -> None:
        """Change one thing somewhere in a document."""
        node, table = self._choices.pick(list(_known(root, kind.cls)))
        if not table.fields:
            return
        match self._choices.below(8):
            case 0 if node.attributes:
                del node.attributes[self._choices.pick(list(node.attributes))]
            case 1 if node.children:
                node.children.remove(self._choices.pick(node.children))
            case 2 if node.children:
                node.children.append(self._choices.pick(node.children))
            case 3 if node.attributes:
                node.attributes[self._choices.pick(list(node.attributes))] = self._choices.pick(
                    HOSTILE
                )
            case 4 if self._choices.one_in(8):
                self._foreign(node)
            case _:
                field = self._choices.pick(table.fields)
                if field.kind not in _LISTS:
                    node.children = [c for c in node.children if c.tag != field.xml]
                self.fill(node, field)


def _known(node: Node, cls: type[Element]) -> Iterator[tuple[Node, Table]]:
    """Each element that is declared, with what it may hold, parents first."""
    table = table_of(cls)
    if table.variants and cls.CHOSEN_BY:
        variant = table.variants.get(node.attributes.get(cls.CHOSEN_BY, ""))
        if variant is not None and variant is not cls:
            yield from _known(node, variant)
            return
    yield node, table
    for child in node.children:
        field = table.elements.get(clark(child.tag)) if not child.tag.startswith("x:") else None
        if field is not None and field.element is not Element:
            yield from _known(child, field.element)
