"""A person is told all that is wrong with a document, and what has no effect."""

from __future__ import annotations

import pytest

from virtbus.errors import InvalidArgument
from virtbus.model.validate import validate

WRONG = """<domain type='qemu' wrong='1'>
  <name>a</name>
  <memory>1024</memory>
  <os><type>hvm</type></os>
  <memroyBacking/>
  <devices>
    <disk type='file'>
      <target dev='vda'/>
    </disk>
    <interface type='bridge'/>
  </devices>
</domain>"""


def test_all_contradictions_are_told_in_order() -> None:
    report = validate(WRONG)
    assert report.kind == "domain"
    assert [(e.line, e.element) for e in report.errors] == [
        (7, "domain/devices/disk"),
        (10, "domain/devices/interface"),
    ]
    assert [(w.line, w.reason) for w in report.warnings] == [
        (1, "unknown attribute 'wrong' has no effect"),
        (5, "unknown element 'memroyBacking' has no effect"),
    ]


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("", 1, "not well-formed XML"),
        ("<domain>\n", 2, "not well-formed XML"),
        ("<unheard/>", 1, "no document begins with <unheard>"),
        (WRONG.replace("type='file'", "type='tape'"), 7, "expected one of file"),
    ],
)
def test_what_cannot_be_read_is_the_only_error(text: str, line: int, reason: str) -> None:
    (error,) = validate(text).errors
    assert reason in error.reason
    assert error.line == line


def test_a_good_document_and_a_kind_by_name() -> None:
    good = WRONG.replace(" wrong='1'", "").replace("<memroyBacking/>", "")
    good = good.replace("<target", "<source file='/a'/><target").replace(
        "type='bridge'", "type='user'"
    )
    assert validate(good, "domain") == ("domain", [], [])
    assert validate(good, "capabilities").errors
    with pytest.raises(InvalidArgument):
        validate(good, "disk")
