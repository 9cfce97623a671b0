"""Equal content compares equal and other content does not, whatever it is."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.conformance import args_compare, xml_compare

names = st.sampled_from(["a", "b", "c"])
words = st.text("xy&<,= '\"", max_size=4)
trees: st.SearchStrategy[Any] = st.recursive(
    st.tuples(names, st.dictionaries(names, words, max_size=2), words.map(str.strip), st.just([])),
    lambda inner: st.tuples(
        names,
        st.dictionaries(names, words, max_size=2),
        st.just(""),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["0", "1", "true", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(["driver", "id", "x", "type"]), values, max_size=4)


def written(tree: Any) -> str:
    """A tree as a document."""
    return etree.tostring(_element(tree), encoding="unicode")


def _element(tree: Any) -> etree._Element:
    tag, attributes, text, children = tree
    element = etree.Element(tag, attributes)
    element.text = text
    element.extend(map(_element, children))
    return element


def meaning(tree: Any) -> Any:
    """A tree without the order that has no meaning."""
    tag, attributes, text, children = tree
    by_name = [[meaning(c) for c in children if c[0] == name] for name in ("a", "b", "c")]
    return tag, attributes, text, by_name


@given(trees, trees)
def test_documents_differ_when_their_meaning_does(one: Any, other: Any) -> None:
    found = xml_compare.compare(written(one), written(other))
    assert (found == []) == (meaning(one) == meaning(other))


@given(trees)
def test_a_document_is_itself(tree: Any) -> None:
    assert xml_compare.compare(written(tree), written(tree)) == []


def command(options: list[Any]) -> list[str]:
    """A command line of devices."""
    return ["q", *(word for option in options for word in ("-device", json.dumps(option)))]


@given(st.lists(objects, max_size=3), st.lists(objects, max_size=3))
def test_command_lines_differ_when_their_devices_do(one: list[Any], other: list[Any]) -> None:
    same = sorted(json.dumps(o, sort_keys=True) for o in one) == sorted(
        json.dumps(o, sort_keys=True) for o in other
    )
    assert (args_compare.compare(command(one), command(other)) == []) == same


@given(st.lists(objects, max_size=4), st.randoms())
def test_the_order_of_options_has_no_meaning(options: list[Any], random: Any) -> None:
    shuffled = random.sample(options, len(options))
    assert args_compare.compare(command(options), command(shuffled)) == []
