"""What cannot be done is refused by name; what contradicts the machine is the document's fault."""

from __future__ import annotations

import pytest

from tests.unit.qemu.test_translate_command import line_of
from tests.unit.qemu.translate_caps import CAPS
from tests.unit.qemu.translate_documents import NIC, disk, guest
from virtbus.errors import HypervisorFailed, InvalidDocument, Unsupported
from virtbus.model.domain import parse_domain
from virtbus_qemu.translate import parse_capabilities
from virtbus_qemu.translate.unsupported import refuse_not_on_host

AT = "<address type='pci' domain='0x0000' bus='0x{:02x}' slot='0x{:02x}' function='0x{}'/>"


@pytest.mark.parametrize(
    "text, words",
    [
        (
            guest(
                inside="<q:capabilities xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
                "<q:del capability='x'/></q:capabilities>"
            ),
            "qemu:capabilities",
        ),
        (guest("<sound model='ich7'/>"), "model 'ich7'"),
        (guest(NIC.format("<driver name='vhost'/><mtu size='1400'/>")), "mtu"),
        (guest(NIC.format("<model type='sungem'/>")), "'sungem'"),
        (guest("<serial type='spicevmc'/>"), "'spicevmc'"),
        (
            guest("<disk type='volume'><source pool='a' volume='b'/><target dev='vda'/></disk>"),
            "type 'volume'",
        ),
        (guest(disk("xvda", "xen")), "bus 'xen'"),
        (guest(NIC.format("<address type='drive'/>")), "type 'drive'"),
        (guest(machine="pc-9.9"), "pc-9.9"),
        (guest().replace("arch='x86_64'", "arch='ppc64'"), "ppc64"),
        (guest().replace("type='qemu'", "type='xen'", 1), "type 'xen'"),
        (guest(inside="<cpu mode='host-passthrough'/>"), "without KVM"),
        (guest(inside="<cpu mode='custom'><model>Zen9</model></cpu>"), "'Zen9'"),
        (guest(inside="<on_crash>coredump-restart</on_crash>"), "on_crash"),
        (guest("<emulator>/bin/sh</emulator>"), "/bin/sh"),
    ],
)
def test_unsupported_names_the_element(text: str, words: str) -> None:
    with pytest.raises(Unsupported) as caught:
        line_of(text)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text, words",
    [
        (guest(NIC.format(AT.format(0, 1, 0))), "used more than once"),
        (guest(NIC.format(AT.format(3, 0, 0))), "slots are 1 to 31"),
        (guest(machine="microvm"), "no room for it on the PCI buses"),
        (guest(disk("vda", "virtio") + disk("vda", "virtio")), "more than once"),
        (guest(disk("hda", "ide") + disk("hda", "ide")), "used more than once"),
        (guest(disk("vda", "virtio", device="cdrom")), "medium"),
        (guest(disk("../a", "virtio")), "not a disk's name"),
        (guest(disk("vda", "virtio", "<serial>a,b</serial>")), "serial"),
        (guest(disk("sda", "scsi", "<wwn>xyz</wwn>")), "hexadecimal"),
        (guest(inside="<vcpu>999</vcpu>"), "at most 255"),
        (guest(os="<initrd>/i</initrd>"), "need a kernel"),
        (guest(os="<kernel>vmlinuz</kernel>"), "absolute"),
        (guest("<serial type='file'><source path='x'/></serial>"), "absolute"),
        (guest("<graphics type='vnc' passwd='123456789'/>"), "8 bytes"),
        (guest("<graphics type='vnc' port='80' autoport='no'/>"), "5900"),
        (guest("<graphics type='vnc' listen='::1,to=9,x'/>"), "address"),
        (guest(inside="<cpu mode='custom'><model>a,b=c</model></cpu>"), "letters, digits"),
        (guest(inside="<cpu><model>qemu64</model><feature name='a,b'/></cpu>"), "letters, digits"),
        (guest(machine="pc,accel=kvm"), "letters, digits"),
        (guest().replace(">guest<", ">a/b<"), "'/'"),
    ],
)
def test_a_contradiction_is_an_invalid_document(text: str, words: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        line_of(text)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text, words",
    [
        (guest("<graphics type='rdp'/>"), "rdp"),
        (guest("<interface type='hostdev'><source><address type='pci'/></source></interface>"), ""),
        (guest(inside="<seclabel type='dynamic' model='selinux'/>"), "selinux"),
        (guest(inside="<vcpu placement='auto'>1</vcpu>"), "placement"),
        (guest(inside="<cputune><shares>9</shares></cputune>"), "cputune"),
    ],
)
def test_what_no_host_is_made_ready_for_is_refused_at_start(text: str, words: str) -> None:
    with pytest.raises(Unsupported) as caught:
        refuse_not_on_host(parse_domain(text))
    assert words in caught.value.message


def test_applications_elements_are_theirs() -> None:
    line_of(guest(inside="<n:note xmlns:n='http://example.org/'>x</n:note>"))
    line_of(guest(inside="<resource><partition>/machine</partition></resource>"))


def test_capabilities_come_from_replies() -> None:
    caps = parse_capabilities(
        "/usr/bin/qemu-system-i386",
        {
            "version": {"qemu": {"major": 7, "minor": 2, "micro": 1}, "package": ""},
            "target": {"arch": "i386"},
            "machines": [
                {"name": "isapc", "cpu-max": 1, "default-cpu-type": "486-i386-cpu"},
                {"name": "pc-i440fx-7.2", "alias": "pc", "is-default": True, "cpu-max": 255},
            ],
            "cpu_definitions": [
                {"name": "486", "typename": "486-i386-cpu", "unavailable-features": ["x"]},
                {"name": "max"},
            ],
            "devices": [{"name": "VGA", "parent": "vga-pci"}],
            "properties": {"VGA": ["edid"]},
        },
    )
    assert caps.has_device("VGA") and caps.has_property("VGA", "edid")
    assert not caps.has_property("VGA", "blob") and not caps.has_property("qxl", "edid")
    assert (caps.version_number, caps.arch, caps.domain_types) == (7_002_001, "i686", ("qemu",))
    assert caps.machine(None).name == caps.machine("pc").name == "pc-i440fx-7.2"
    assert caps.machine("isapc").cpu_model == "486"
    assert [cpu.unavailable for cpu in caps.cpus] == [("x",), None]
    with pytest.raises(Unsupported):
        caps.machine("q35")


@pytest.mark.parametrize("version", [{}, {"qemu": {}}, {"qemu": {"major": "x"}}, {"qemu": None}])
def test_replies_of_another_form_are_the_emulators_fault(version: dict[str, object]) -> None:
    with pytest.raises(HypervisorFailed):
        parse_capabilities(
            "/q",
            {"version": version, "target": {"arch": "x86_64"}, "machines": [], "devices": []},
        )


def test_the_tests_machine_is_complete() -> None:
    assert CAPS.machine(None).ram_id == "pc.ram"
