"""Each kind of difference between two documents is seen, and nothing else is one."""

import pytest

from tests.conformance.xml_compare import compare

BASE = """<domain type='kvm'>
  <name>a</name>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>
    <disk type='file' device='cdrom'><target dev='vdb'/></disk>
    <input type='mouse' bus='ps2'/>
  </devices>
</domain>"""

SAME = {
    "order of attributes": BASE.replace("type='mouse' bus='ps2'", "bus='ps2' type='mouse'"),
    "quotes": BASE.replace("'", '"'),
    "white space": BASE.replace("\n", "").replace("  ", ""),
    "comment": BASE.replace("<name>", "<!-- x --><name>"),
    "order of names": BASE.replace("<name>a</name>", "").replace(
        "</devices>", "</devices><name>a</name>"
    ),
    "empty element over two lines": BASE.replace(
        "<target dev='vdb'/>", "<target dev='vdb'>\n</target>"
    ),
    "empty element": BASE.replace("<target dev='vdb'/>", "<target dev='vdb'></target>"),
}

DIFFERENT = {
    "missing element domain/devices/input": BASE.replace("<input type='mouse' bus='ps2'/>", ""),
    "unexpected element domain/title": BASE.replace("<name>", "<title/><name>"),
    "missing element domain/devices/disk": BASE.replace(
        "<disk type='file' device='cdrom'><target dev='vdb'/></disk>", ""
    ),
    "missing attribute domain/devices/input/@bus": BASE.replace(" bus='ps2'", ""),
    "unexpected attribute domain/@id": BASE.replace("type='kvm'", "type='kvm' id='1'"),
    "attribute domain/@type differs": BASE.replace("kvm", "qemu"),
    "text of domain/name differs": BASE.replace("<name>a<", "<name>a <"),
    "attribute domain/devices/disk/target/@dev differs": BASE.replace("vdb", "vdc"),
    "another root element": BASE.replace("domain", "network"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_has_no_meaning_is_no_difference(text: str) -> None:
    assert text != BASE
    assert compare(BASE, text) == []


@pytest.mark.parametrize("reason", DIFFERENT)
def test_each_kind_of_difference_is_seen(reason: str) -> None:
    assert [difference.reason for difference in compare(BASE, DIFFERENT[reason])] == [reason]


def test_order_of_siblings_of_one_name_has_a_meaning() -> None:
    one = "<a><b i='1'/><b i='2'/></a>"
    other = "<a><b i='2'/><b i='1'/></a>"
    assert [each.reason for each in compare(one, other)] == ["order of a/b differs"]


def test_namespace_is_a_part_of_the_name() -> None:
    one, other = "<a xmlns:q='urn:1'><q:b/></a>", "<a><b/></a>"
    assert len(compare(one, other)) == 2


def test_spaces_alone_are_a_text() -> None:
    assert compare("<a> </a>", "<a/>")


def test_text_beside_elements_is_compared() -> None:
    assert compare("<a>x<b/></a>", "<a><b/>y</a>")


def test_what_is_not_xml_is_an_error() -> None:
    with pytest.raises(ValueError, match="tag"):
        compare("<a/>", "<a>")
