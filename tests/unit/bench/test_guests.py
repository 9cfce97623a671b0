from pathlib import Path

from lxml import etree

from bench.guests import DISK_BYTES, domain_xml, make_disks, names


def test_the_smallest_guest_has_no_device_but_those_it_is_denied() -> None:
    root = etree.fromstring(domain_xml("one"))
    assert root.get("type") == "qemu"
    assert root.findtext("name") == "one"
    assert root.findtext("memory") == "32"
    assert root.xpath("devices/*[not(@model='none')]") == []


def test_a_guest_with_devices_has_each_disk_and_a_nic(tmp_path: Path) -> None:
    disks = make_disks(tmp_path, "one")
    root = etree.fromstring(domain_xml("one", disks, nic=True))
    assert root.xpath("devices/disk/source/@file") == [str(path) for path in disks]
    assert root.xpath("devices/disk/target/@dev") == ["vda", "vdb"]
    assert root.xpath("count(devices/interface[@type='user'])") == 1
    assert [path.stat().st_size for path in disks] == [DISK_BYTES, DISK_BYTES]


def test_names_are_distinct_and_stable() -> None:
    assert names("x", 3) == ["bench-x-0", "bench-x-1", "bench-x-2"]
