"""The domain document: reading, defaults, checks, writing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from virtbus.errors import InvalidDocument
from virtbus.model.domain import (
    DOMAIN,
    Domain,
    apply_defaults,
    check_domain,
    copy_domain,
    domain_problems,
    format_domain,
    get_metadata,
    inactive_domain,
    parse_domain,
    set_metadata,
)
from virtbus.model.domain.devices.address import DriveAddress, PciAddress
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus.model.domain.devices.listen import Listen
from virtbus.model.engine.walk import elements

EVERYTHING = (Path(__file__).parent / "data/domain/everything.xml").read_text(encoding="utf-8")
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"


def small(inside: str = "", devices: str = "", head: str = "") -> str:
    return (
        f"<domain type='qemu' {head}><name>a</name><memory unit='MiB'>64</memory>"
        f"<os><type>hvm</type></os>{inside}<devices>{devices}</devices></domain>"
    )


def completed(text: str) -> Domain:
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=iter(["52:54:00:00:00:01", "52:54:00:00:00:02"]))
    return domain


def refusal(text: str | bytes) -> InvalidDocument:
    with pytest.raises(InvalidDocument) as caught:
        check_domain(parse_domain(text))
    return caught.value


def test_values_have_their_types() -> None:
    domain = parse_domain(EVERYTHING)
    disk = domain.devices.disks[0]
    assert disk.target.dev == "vda"
    assert disk.driver is not None and disk.driver.queues == 4
    assert isinstance(disk.address, PciAddress) and disk.address.bus == 3
    assert isinstance(domain.devices.disks[1].address, DriveAddress)
    assert disk.shareable and not disk.readonly
    assert domain.cpu is not None and domain.cpu.topology is not None
    assert domain.cpu.topology.count() == 4


@pytest.mark.parametrize(
    "written, size_kib",
    [
        ("<memory>1024</memory>", 1024),
        ("<memory unit='b'>1025</memory>", 2),
        ("<memory unit='KB'>1000</memory>", 977),
        ("<memory unit='kib'>7</memory>", 7),
        ("<memory unit='M'>1</memory>", 1024),
        ("<memory unit='MB'>1</memory>", 977),
        ("<memory unit='GiB'>2</memory>", 2 * 1024 * 1024),
        ("<memory unit='T'>1</memory>", 1024**3),
    ],
)
def test_sizes_are_kept_in_kib(written: str, size_kib: int) -> None:
    text = small().replace("<memory unit='MiB'>64</memory>", written)
    assert parse_domain(text).memory.size_kib == size_kib


def test_defaults_complete_a_definition() -> None:
    domain = completed(
        small(
            devices="<disk><source file='/a'/><target dev='hda'/></disk>"
            "<disk device='cdrom'><target dev='sdb'/></disk><interface type='user'/>"
            "<interface type='user'><mac address='52:54:00:00:00:09'/></interface>"
            "<console type='pty'/>"
        )
    )
    devices = domain.devices
    assert domain.uuid == UUID
    assert domain.current_memory is not None and domain.current_memory.size_kib == 65536
    assert (domain.vcpu.maximum, domain.vcpu.placement) == (1, "static")
    assert domain.clock is not None and domain.clock.offset == "utc"
    assert [d.target.bus for d in devices.disks] == ["ide", "scsi"]
    assert devices.disks[1].readonly
    macs = [nic.mac.address for nic in devices.interfaces if nic.mac]
    assert macs == ["52:54:00:00:00:01", "52:54:00:00:00:09"]
    assert [s.type for s in devices.serials] == ["pty"]
    assert (domain.on_poweroff, domain.on_reboot, domain.on_crash) == (
        "destroy",
        "restart",
        "destroy",
    )


def test_a_serial_port_gets_its_console() -> None:
    domain = completed(small(devices="<serial type='unix'/><serial type='null'/>"))
    assert [(c.type, c.target and c.target.type) for c in domain.devices.consoles] == [
        ("unix", "serial")
    ]
    assert [s.target and s.target.port for s in domain.devices.serials] == [0, 1]


def test_defaults_change_nothing_that_is_complete() -> None:
    domain = completed(EVERYTHING)
    before = copy.deepcopy(domain)
    apply_defaults(domain, uuid="other", macs=iter(()))
    assert domain == before


def test_a_copy_shares_nothing_that_changes() -> None:
    domain = parse_domain(EVERYTHING)
    copied = copy_domain(domain)
    assert copied == domain
    twins = [
        (mine, yours)
        for (_, mine), (_, yours) in zip(
            elements("domain", domain), elements("domain", copied), strict=True
        )
    ]
    assert len(twins) > 100 and all(mine is not yours for mine, yours in twins)
    copied.devices.disks.clear()
    copied.os.boot[0].dev = "cdrom"
    screen = copied.devices.graphics[0]
    assert isinstance(screen, VncGraphics)
    screen.listen.append(Listen(type="none"))
    assert domain == parse_domain(EVERYTHING)


def test_a_definition_has_no_runtime_facts() -> None:
    domain = parse_domain(EVERYTHING)
    before = copy.deepcopy(domain)
    definition = inactive_domain(domain)
    text = format_domain(domain, inactive=True)
    for fact in (
        " id='7'",
        "virtio-disk0",
        "tty=",
        "/dev/pts",
        "index='2'",
        "5900",
    ):
        assert fact not in text, fact
    assert "ua-sound" in text
    screen = definition.devices.graphics[0]
    assert isinstance(screen, VncGraphics) and screen.port == -1
    assert domain == before


def test_passwords_are_shown_on_request_only() -> None:
    domain = parse_domain(EVERYTHING)
    assert "sesame" not in format_domain(domain)
    assert "passwd='sesame'" in format_domain(domain, with_secrets=True)


def test_what_other_applications_add_survives() -> None:
    text = small(
        inside="<a:mark xmlns:a='urn:mine'><a:x value='-x'/></a:mark>",
        devices="<disk><source file='/a' q:x='2'/><target dev='hda'/></disk>",
        head="xmlns:q='urn:yours'",
    )
    written = format_domain(parse_domain(text))
    assert '<a:mark xmlns:a="urn:mine"><a:x value="-x"/></a:mark>' in written
    assert "q:x='2' xmlns:q='urn:yours'" in written
    assert parse_domain(written) == parse_domain(format_domain(parse_domain(written)))
    assert format_domain(parse_domain(written)) == written


def test_what_means_nothing_is_named_and_not_written() -> None:
    text = small(
        inside="<memoryBakcing/>", devices="<disk new='1'><target dev='hda'/></disk>"
    ).replace("<name>", "<name lang='en'>")
    domain = parse_domain(text)
    assert [(p.element, p.reason) for p in DOMAIN.ignored(domain)] == [
        ("domain", "unknown attribute 'lang' of element 'name' has no effect"),
        ("domain", "unknown element 'memoryBakcing' has no effect"),
        ("domain/devices/disk", "unknown attribute 'new' has no effect"),
    ]
    written = format_domain(domain)
    assert "Bakcing" not in written
    assert "new=" not in written


def test_metadata_is_set_by_namespace() -> None:
    domain = parse_domain(EVERYTHING)
    uri = "http://example.org/note"
    assert "kept <app:b/> as it is" in (get_metadata(domain, uri) or "")
    set_metadata(domain, "urn:mine", "<m:x xmlns:m='urn:mine'>1</m:x>")
    set_metadata(domain, uri, None)
    again = parse_domain(format_domain(domain))
    assert get_metadata(again, uri) is None
    assert ">1<" in (get_metadata(again, "urn:mine") or "")
    set_metadata(again, "urn:mine", None)
    assert again.metadata is None
    for wrong in (
        "<x/>",
        "<x xmlns='urn:other'/>",
        "<x xmlns='urn:mine'>",
        "a",
        "<!DOCTYPE x><x/>",
    ):
        with pytest.raises(InvalidDocument):
            set_metadata(again, "urn:mine", wrong)


@pytest.mark.parametrize(
    "text, element, reason",
    [
        (small().replace("qemu", "quemu"), "domain", "expected one of qemu"),
        (small().replace("<name>a</name>", ""), "domain", "element 'name' is missing"),
        (small().replace("64", "64x"), "domain/memory", "expected a number"),
        (small().replace("64", "9" * 18), "domain/memory", "too large"),
        (small().replace("MiB", "MiX"), "domain/memory", "unknown unit"),
        (small("<vcpu>0</vcpu>"), "domain/vcpu", "within 1"),
        (small("<vcpu current='3'>2</vcpu>"), "domain/vcpu", "more than the maximum"),
        (small("<uuid>x</uuid>"), "domain/uuid", "expected a UUID"),
        (small("<vcpu>1</vcpu><vcpu>1</vcpu>"), "domain/vcpu", "more than once"),
        (small().replace(">a<", ">a/b<"), "domain", "'/'"),
        (small().replace(">a<", ">..<"), "domain", "cannot be a name"),
        (small().replace(">a<", f">{'a' * 300}<"), "domain", "longer"),
        (
            small(devices="<disk><source file='/a'/></disk>"),
            "domain/devices/disk",
            "element 'target' is missing",
        ),
        (
            small(devices="<disk><target dev='hda'/></disk>"),
            "domain/devices/disk",
            "needs a source",
        ),
        (
            small(devices="<disk device='cdrom'><target dev='hda'/></disk>" * 2),
            "domain",
            "disk target hda",
        ),
        (
            small(devices="<interface type='bridge'/>"),
            "domain/devices/interface",
            "needs a source with 'bridge'",
        ),
        (
            small(devices="<interface type='user'><mac address='5:4:z:0:0:1'/></interface>"),
            "domain/devices/interface/mac",
            "MAC address",
        ),
        (
            small(devices="<rng model='virtio'><backend model='random'>a</backend></rng>"),
            "domain/devices/rng/backend",
            "absolute",
        ),
        (
            small(devices="<channel type='unix'/>"),
            "domain/devices/channel",
            "target",
        ),
        ("<network/>", "network", "expected a <domain>"),
        ("<domain", "", "not well-formed"),
        ("", "", "not well-formed"),
        ("<domain><q:x/></domain>", "", "not well-formed"),
    ],
)
def test_what_is_wrong_is_named(text: str, element: str, reason: str) -> None:
    error = refusal(text)
    assert error.details["element"] == element
    assert reason in str(error.details["reason"])
    assert str(error.details["reason"]) in error.message


def test_a_refusal_tells_the_line() -> None:
    text = small(inside="\n\n<vcpu>none</vcpu>")
    assert refusal(text).details["line"] == 3
    text = small(inside="\n\n\n<vcpu current='3'>2</vcpu>")
    assert refusal(text).details["line"] == 4
    assert [p.line for p in domain_problems(parse_domain(text))] == [4]


def test_a_value_that_xml_cannot_hold_is_refused_when_written() -> None:
    domain = parse_domain(small())
    for wrong in ("\x00", "\x1b[2J", "\ud800", "\uffff"):
        domain.title = wrong
        with pytest.raises(InvalidDocument):
            format_domain(domain)
    domain.title = "<a & 'b' \"c\">\t\x7f\u20ac"
    assert parse_domain(format_domain(domain)).title == domain.title
    domain.id = 2**40
    with pytest.raises(InvalidDocument):
        format_domain(domain)


def test_equality_is_of_content_not_of_place() -> None:
    text = small()
    moved = parse_domain(text.replace("<os>", "\n\n<os>"))
    assert parse_domain(text) == moved
    assert (parse_domain(text) != moved) is False
    assert parse_domain(text) != parse_domain(text.replace("64", "65"))
    assert parse_domain(text) != text


def test_text_beside_foreign_elements_is_stable() -> None:
    rng = "<rng model='virtio'><backend model='egd'>\n  {}\n  <source/>\n</backend></rng>"
    for text, path in (("", None), ("/dev/random", "/dev/random")):
        domain = parse_domain(small(devices=rng.format(text)))
        assert domain.devices.rngs[0].backend.path == path
        assert parse_domain(format_domain(domain)) == domain


def test_metadata_in_no_namespace_is_put_into_the_one_asked_for() -> None:
    domain = parse_domain(small())
    set_metadata(domain, "urn:mine", "<x a='1'><y/></x>", prefix="m")
    assert get_metadata(domain, "urn:mine") == '<m:x xmlns:m="urn:mine" a="1"><y/></m:x>'
    with pytest.raises(InvalidDocument, match="prefix"):
        set_metadata(domain, "urn:mine", "<x/>", prefix="1 2")
