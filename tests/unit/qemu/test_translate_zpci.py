"""PCI devices of s390 on the command line."""

from __future__ import annotations

import json

from virtbus.model.domain import parse_domain
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
