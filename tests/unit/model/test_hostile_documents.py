"""Documents come from strangers: an error of ours or success, in bounded time."""

from __future__ import annotations

import string
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from virtbus.errors import InvalidDocument
from virtbus.model.domain import apply_defaults, check_domain, format_domain, parse_domain
from virtbus.model.engine.reader import MAX_BYTES, MAX_TAGS

EVERYTHING = (Path(__file__).parent / "data/domain/everything.xml").read_text(encoding="utf-8")
FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survives(text: str | bytes) -> None:
    """Parsed, completed, checked and written again, or refused as InvalidDocument."""
    try:
        domain = parse_domain(text)
        apply_defaults(domain, uuid="6695eb01-f6a4-8304-79aa-97f2502e193f", macs=iter(MACS))
        check_domain(domain)
    except InvalidDocument:
        return
    written = format_domain(domain, with_secrets=True)
    assert parse_domain(written) == domain
    assert format_domain(parse_domain(written), with_secrets=True) == written


MACS = ["52:54:00:00:00:01"] * 100


def refused(text: str | bytes, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidDocument, match=reason):
        parse_domain(text)
    assert time.monotonic() - started < 2


def test_entities_are_refused_before_they_expand() -> None:
    bomb = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>"
    bomb += "".join(
        f"<!ENTITY {y} '{f'&{x};' * 10}'>"
        for x, y in zip(string.ascii_lowercase, string.ascii_lowercase[1:], strict=False)
    )
    body = "]><domain type='qemu'><name>&z;</name></domain>"
    refused(bomb + body, "DTD")
    refused(f"<?xml version='1.0'?><!-- <domain> -->\n<?x y?> {bomb}{body}", "DTD")
    refused(f"\ufeff{bomb}{body}".encode(), "DTD")
    external = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>"
    refused(external, "DTD")
    refused("<!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/x.dtd'><domain/>", "DTD")
    refused("<domain>&undeclared;</domain>", "not well-formed")


def test_other_encodings_are_refused() -> None:
    refused(EVERYTHING.encode("utf-16"), "UTF-8")
    refused(f"<?xml version='1.0' encoding='ISO-8859-1'?>{EVERYTHING}".encode(), "UTF-8")
    refused(b"<domain>\xff</domain>", "UTF-8")
    refused("<domain>\ud800</domain>", "UTF-8")
    declared = f"<?xml version='1.0' encoding='UTF-8'?>\n{EVERYTHING}"
    assert parse_domain(declared) == parse_domain(declared.encode()) == parse_domain(EVERYTHING)


def test_size_depth_and_number_are_bounded() -> None:
    refused("<domain>" + " " * MAX_BYTES + "</domain>", "larger")
    refused("<domain>" + "<a/>" * MAX_TAGS + "</domain>", "more than")
    refused("<domain " + "".join(f"a{i}='' " for i in range(MAX_TAGS + 1)) + "/>", "more than")
    refused("<a>" * 100_000 + "</a>" * 100_000, "not well-formed|expected|Excessive")
    refused("<domain><metadata>" + "<a>" * 5000 + "</a>" * 5000 + "</metadata></domain>", "depth")
    refused("<domain>\0</domain>", "NUL")
    refused("<!--" * 100_000, "not well-formed")
    refused("<?x ?>" * 100_000, "not well-formed")
    refused("<domain type='" + "q" * 1_000_000 + "'/>", r"\.\.\.")


@pytest.mark.parametrize("length", [1_000_000, 7_000_000])
def test_long_values_are_carried_or_refused(length: int) -> None:
    started = time.monotonic()
    survives(EVERYTHING.replace("Europe/Berlin", "x" * length))
    survives(EVERYTHING.replace("A guest with one of each", "x" * length))
    assert time.monotonic() - started < 5


@FUZZ
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text(text: str | bytes) -> None:
    survives(text)


PIECES = st.sampled_from(
    [
        "<", ">", "/>", "</", "'", '"', "&", "&lt;", "&#0;", "&#x1F;", "&#xD;", "]]>",
        "<![CDATA[ < ]]>", "<!-- - -->", "<?pi?>", "\0", "\r", "\n", "\t", "\x7f", "\u2028", "é",
        "xmlns='urn:x'", "xmlns:x='urn:x'", "x:y='1'", "xml:space='preserve'", " a='b'",
        "<disk/>", "<x:y xmlns:x='urn:z'/>", "<devices>", "</devices>", "-1", "0x", "99999999999",
        "1e9", "yes", "unit='EiB'",
    ]
)  # fmt: skip


@FUZZ
@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING)), PIECES, st.integers(0, 20)), max_size=4))
def test_a_document_with_holes_and_patches(edits: list[tuple[int, str, int]]) -> None:
    text = EVERYTHING
    for place, piece, removed in edits:
        text = text[:place] + piece + text[place + removed :]
    survives(text)


VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | PIECES


@FUZZ
@given(st.integers(0, 10_000), VALUES)
def test_a_document_with_another_value(which: int, value: str) -> None:
    quoted = value.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;")
    pieces = EVERYTHING.split("'")
    pieces[(which % (len(pieces) // 2)) * 2 + 1] = quoted
    survives("'".join(pieces))


@FUZZ
@given(st.lists(st.integers(0, EVERYTHING.count("\n")), max_size=6))
def test_a_document_without_some_lines(gone: list[int]) -> None:
    lines = EVERYTHING.split("\n")
    survives("\n".join(line for n, line in enumerate(lines) if n not in gone))


@FUZZ
@given(VALUES, VALUES)
def test_any_text_value_survives(title: str, path: str) -> None:
    domain = parse_domain(EVERYTHING)
    domain.description = title or None  # an empty one is none
    disk = domain.devices.disks[0]
    assert disk.source is not None
    disk.source.file = path
    try:
        written = format_domain(domain, with_secrets=True)
    except InvalidDocument:
        return
    assert parse_domain(written) == domain
