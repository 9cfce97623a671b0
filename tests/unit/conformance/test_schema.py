"""A schema is flattened into places, and what makes a document invalid is named."""

from pathlib import Path

import pytest
from lxml import etree

from tests.conformance.narrowing import narrowed
from tests.conformance.outcome import Outcome
from tests.conformance.relaxng import Said, flatten
from tests.conformance.schema import declared, only_in, words_missing
from tests.conformance.validation import OURS, THEIRS, validated
from virtbus.model.engine.declare import Attr, Child, Element, Value

HEAD = "<grammar xmlns='http://relaxng.org/ns/structure/1.0' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>"

MAIN = f"""{HEAD}
<start><ref name='secret'/></start>
<include href='types.rng'/>
<define name='secret'>
  <element name='secret'>
    <attribute name='private'><ref name='yesOrNo'/></attribute>
    <interleave>
      <optional><element name='uuid'><ref name='UUID'/></element></optional>
      <zeroOrMore><ref name='inner'/></zeroOrMore>
      <optional>
        <element name='commandline' ns='http://libvirt.org/schemas/domain/qemu/1.0'><empty/></element>
      </optional>
    </interleave>
  </element>
</define>
<define name='inner'>
  <element name='inner'>
    <optional><attribute name='count'><data type='int'/></attribute></optional>
    <zeroOrMore><ref name='inner'/></zeroOrMore>
  </element>
</define>
</grammar>"""

TYPES = f"""{HEAD}
<define name='UUID'><data type='string'><param name='pattern'>[0-9a-f]+</param></data></define>
<define name='yesOrNo'><choice><value>yes</value><value>no</value></choice></define>
</grammar>"""


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    (tmp_path / "types.rng").write_text(TYPES)
    (tmp_path / "secret.rng").write_text(MAIN)
    return tmp_path / "secret.rng"


class Inner(Element):
    count: Attr[str] = None


class Secret(Element):
    ephemeral: Attr[str] = None
    uuid: Value[str] = None
    inner: Child[Inner] = None


def test_a_schema_is_flattened(schema: Path) -> None:
    places = flatten(schema, "secret")
    assert places.found == {
        "secret": Said(),
        "secret/@private": Said({"yes", "no"}),
        "secret/uuid": Said(),
        "secret/uuid/text()": Said(types={"UUID"}),
        "secret/inner": Said(),
        "secret/inner/@count": Said(types={"int"}),
        "secret/inner/inner": Said(),
        "secret/qemu:commandline": Said(),
    }
    assert places.ends == {"secret/inner/inner"}


def test_what_is_not_declared_is_listed(schema: Path) -> None:
    theirs, ours = flatten(schema, "secret"), declared("secret", Secret)
    assert [place for place, _ in only_in(theirs, ours)] == [
        "secret/@private",
        "secret/inner/inner",
        "secret/qemu:commandline",
    ]
    assert [place for place, _ in only_in(ours, theirs)] == ["secret/@ephemeral"]


def test_words_that_a_declaration_lacks_are_listed(schema: Path) -> None:
    theirs, ours = flatten(schema, "secret"), declared("secret", Secret)
    ours.add("secret/@private", ["yes"])
    assert list(words_missing(theirs, ours)) == [("secret/@private", {"no"})]


@pytest.mark.parametrize(
    "text, part",
    [
        ("<secret private='yes'><inner/><inner count='x'/></secret>", "secret/inner/@count"),
        ("<secret private='yes'><uuid>A</uuid></secret>", "secret/uuid"),
        ("<secret private='yes'><a/><a/></secret>", "secret/a"),
        ("<secret/>", ""),
    ],
)
def test_the_part_that_makes_a_document_invalid_is_named(
    schema: Path, text: str, part: str
) -> None:
    document = etree.fromstring(text)
    grammar = etree.RelaxNG(etree.parse(schema))
    assert not grammar.validate(document)
    assert narrowed(document, grammar) == part
    assert etree.tostring(document).decode().replace('"', "'") == text


def test_ours_must_fit_only_where_libvirts_does(schema: Path) -> None:
    good, bad = "<secret private='yes'/>", "<secret private='perhaps'/>"
    both = Outcome("secret", "a", written=bad, expected=good.encode())
    theirs, ours = validated(both, schema.parent)
    assert (theirs.corpus, ours.corpus) == (THEIRS, OURS)
    assert not theirs.differences
    assert ours.reasons == ["secret/@private may not be 'perhaps'"]
    (only,) = validated(Outcome("secret", "a", written=bad, expected=bad.encode()), schema.parent)
    assert only.corpus == THEIRS
    assert only.differences
