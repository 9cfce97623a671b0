"""Contradictions that no hypervisor takes, and what a document means without saying so."""

from __future__ import annotations

import pytest

from virtbus.errors import InvalidDocument
from virtbus.model.domain import Domain, apply_defaults, check_domain, parse_domain

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
DISK = "<disk><source file='/a'>{}</source><target dev='vda'/>{}</disk>"
SELINUX = "<seclabel model='selinux' relabel='no'/>"
PMEM = (
    "<memory model='virtio-pmem' access='shared'><source><path>/p</path></source><target>"
    "<size unit='MiB'>16</size><address base='{:#x}'/></target></memory>"
)
SLOT = (
    "<memory model='dimm'><target><size unit='MiB'>4</size></target>"
    "<address type='dimm' slot='1'/></memory>"
)
UDP = "<source mode='connect' host='::1' service='1'/>"


def completed(inside: str = "", devices: str = "") -> Domain:
    domain = parse_domain(
        f"<domain type='test'><name>a</name><memory unit='MiB'>64</memory>"
        f"<os><type>hvm</type></os>{inside}<devices>{devices}</devices></domain>"
    )
    apply_defaults(domain, uuid=UUID, macs=iter(()), arch="x86_64")
    return domain


@pytest.mark.parametrize(
    "inside, devices, words",
    [
        ("", DISK.format("", "<boot order='1' loadparm='TOOLONG99'/>"), "1 to 8 letters"),
        ("", DISK.format("", "<boot order='1' loadparm='A?'/>"), "1 to 8 letters"),
        ("", f"<channel type='udp'>{UDP * 3}<target type='virtio'/></channel>", "one source"),
        ("<seclabel type='none'/>" * 2, "", "needs a 'model'"),
        ("<seclabel type='none' model='dac'/>" * 2, "", "for model 'dac'"),
        (
            "",
            "<serial type='file'><source path='/a'>" + SELINUX * 2 + "</source></serial>",
            "for model 'selinux'",
        ),
        ("", DISK.format(SELINUX * 2, ""), "for model 'selinux'"),
        ("", PMEM.format(1 << 30) + PMEM.format((1 << 30) + 4096), "overlaps"),
        ("", SLOT * 2, "slot 1 is used more than once"),
        (
            "<cpu><numa><cell id='0' memory='9'><distances/></cell></numa></cpu>",
            "",
            "without a <sibling>",
        ),
    ],
)
def test_refused(inside: str, devices: str, words: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        check_domain(completed(inside, devices))
    assert words in caught.value.message


def test_distances_hold_both_ways() -> None:
    cell = "<cell id='{}' memory='9'>{}</cell>"
    far = "<distances><sibling id='1' value='21'/></distances>"
    domain = completed(f"<cpu><numa>{cell.format(0, far)}{cell.format(1, '')}</numa></cpu>")
    assert domain.cpu and domain.cpu.numa
    ways = [
        [(s.id, s.value) for s in c.distances.sibling] for c in domain.cpu.numa.cell if c.distances
    ]
    assert ways == [[(0, 10), (1, 21)], [(0, 21), (1, 10)]]


def test_each_application_has_one_element_of_metadata() -> None:
    mine = "<m:a xmlns:m='urn:m'>{}</m:a>"
    domain = completed(f"<metadata><plain/>{mine.format(1)}{mine.format(2)}</metadata>")
    assert domain.metadata is not None
    assert (">1<" in domain.metadata, ">2<" in domain.metadata, "plain" in domain.metadata) == (
        True,
        False,
        False,
    )


def test_an_architecture_nobody_names_is_the_agents() -> None:
    assert completed().os.type.arch == "x86_64"
