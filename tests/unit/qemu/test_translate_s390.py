"""What is s390's own on the command line."""

from __future__ import annotations

import json

import pytest

from virtbus.model.domain import parse_domain
from virtbus_qemu.translate.boot import first_loadparm
from virtbus_qemu.translate.options.zpci import with_zpci


def test_a_function_stands_before_its_device() -> None:
    domain = parse_domain(
        "<domain type='kvm'><name>g</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        "<rng model='virtio'><backend model='builtin'/><alias name='rng0'/>"
        "<address type='pci' slot='1'><zpci uid='0x19' fid='0x1f'/></address></rng>"
        "<input type='tablet' bus='virtio'><alias name='input0'/>"
        "<address type='pci' slot='2'/></input></devices></domain>"
    )
    rng, tablet = '{"driver":"virtio-rng-pci","id":"rng0"}', '{"driver":"x","id":"input0"}'
    words = with_zpci(domain, ["-device", tablet, "-object", "rng0", "-device", rng])
    assert words[:4] == ["-device", tablet, "-object", "rng0"]
    assert (words[4], words[6:]) == ("-device", ["-device", rng])
    expected = {"driver": "zpci", "uid": 0x19, "fid": 0x1F, "target": "rng0", "id": "zpci25"}
    assert json.loads(words[5]) == expected


@pytest.mark.parametrize(
    "boot, found",
    [
        ("<boot order='1' loadparm='2'/>", "2"),
        ("<boot order='2' loadparm='2'/>", None),
        ("<boot order='1'/>", None),
        ("", None),
    ],
)
def test_the_machine_loads_what_its_first_device_names(boot: str, found: str | None) -> None:
    domain = parse_domain(
        "<domain type='kvm'><name>g</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        f"<interface type='user'>{boot}</interface></devices></domain>"
    )
    assert first_loadparm(domain) == found
