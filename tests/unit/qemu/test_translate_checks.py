"""What a machine or emulator cannot have is refused when it is defined, and says what to change."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.qemu.translate_caps import CAPS
from tests.unit.qemu.translate_documents import NIC, Q35, UUID, disk, guest
from virtbus.errors import InvalidDocument, Unsupported
from virtbus.model.domain import apply_defaults, check_domain, parse_domain
from virtbus_qemu.translate import QemuCapabilities, check, complete

MDEV = (
    "<hostdev mode='subsystem' type='mdev' model='{}' {}><source>"
    f"<address uuid='{UUID}'/></source>{{}}</hostdev>"
)
MODULE = "<memory model='dimm'><target><size unit='MiB'>16</size>{}</target></memory>"
HOTPLUG = "<maxMemory slots='1' unit='MiB'>512</maxMemory>"
ONE_CELL = "<cpu><numa><cell id='0' cpus='0' memory='32' unit='MiB'/></numa></cpu>"
SHMEM = "<shmem name='a'><model type='ivshmem-plain'/><size unit='K'>{}</size></shmem>"
SMM = "<features><smm state='on'><tseg unit='{}'>{}</tseg></smm></features>"
FLASH = "<loader type='pflash' readonly='yes'>/code.fd</loader><nvram>/vars.fd</nvram>"
MORE = ("vfio-pci", "vfio-ap", "vhost-scsi", "virtio-iommu-pci", "intel-iommu", "ivshmem-plain")
ABLE = msgspec.structs.replace(CAPS, devices=CAPS.devices | set(MORE))
SWITCHABLE = msgspec.structs.replace(ABLE, properties={"generic-pc-machine": frozenset({"i8042"})})


def define(text: str, caps: QemuCapabilities = ABLE) -> None:
    """The steps of a definition."""
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=iter(()))
    complete(domain, caps)
    check(domain, caps)
    check_domain(domain)


REFUSED: tuple[tuple[str, str], ...] = (
    (guest().replace("type='qemu'", "type='hvf'", 1), "type 'hvf' on this host"),
    (guest(os=FLASH), "UEFI on x86_64 needs the feature acpi"),
    (guest(inside="<features><hpt resizing='enabled'/></features>"), "'hpt' on machine"),
    (guest(inside="<features><gic version='2'/></features>"), "'gic' on machine"),
    (guest(inside="<features><ps2 state='on'/></features>"), "switching it"),
    (guest(inside=SMM.format("MiB", 8)), "<features/smm/tseg>: on machine"),
    (guest(inside=SMM.format("KiB", 512), machine=Q35), "whole MiB"),
    (guest(inside="<features><tcg><tb-cache unit='KiB'>5</tb-cache></tcg></features>"), "MiB"),
    (guest(inside="<clock offset='utc'><timer name='armvtimer'/></clock>"), "timer 'armvtimer'"),
    (
        guest(inside="<clock offset='utc'><timer name='rtc' tickpolicy='merge'/></clock>"),
        "tickpolicy 'merge'",
    ),
    (guest(MDEV.format("vfio-pci", "display='on'", "")), "needs a <graphics>"),
    (guest(MDEV.format("vfio-pci", "", "<boot order='1'/>")), "booting from model 'vfio-pci'"),
    (guest(MDEV.format("vfio-ccw", "", "")), "model 'vfio-ccw' with this emulator"),
    (
        guest(
            "<hostdev mode='subsystem' type='scsi_host' rawio='yes'>"
            "<source protocol='vhost' wwpn='naa.5123456789abcde0'/></hostdev>"
        ),
        "has no 'rawio'",
    ),
    (guest("<iommu model='intel'/>"), "model 'intel' on machine"),
    (guest("<iommu model='virtio'/>", machine=Q35), "needs the feature acpi"),
    (guest(SHMEM.format(16)), "at least 1 MiB"),
    (guest(SHMEM.format(3072)), "a power of two"),
    (
        guest("<input type='mouse' bus='virtio' model='virtio-transitional'/>"),
        "model 'virtio-transitional'",
    ),
    (guest(MODULE.format("<node>0</node>"), inside=ONE_CELL), "needs <maxMemory>"),
    (guest(inside=HOTPLUG), "without a NUMA cell"),
    (guest(MODULE.format("<node>0</node>") * 2, inside=HOTPLUG + ONE_CELL), "slots are taken"),
    (
        guest(
            "".join(
                MODULE.format("<node>0</node>").replace(
                    "</target>", f"</target><address type='dimm' slot='{slot}'/>"
                )
                for slot in (0, 1)
            ),
            inside=HOTPLUG + ONE_CELL,
        ),
        "need a slot",
    ),
    (
        guest(inside="<vcpu>3</vcpu><cpu><topology sockets='1' cores='2' threads='1'/></cpu>"),
        "has 3",
    ),
    (guest(inside="<cpu mode='maximum'><cache level='2' mode='emulate'/></cpu>"), "level='3'"),
    (guest(inside="<cpu mode='maximum'><cache level='3' mode='disable'/></cpu>"), "no 'level'"),
    (
        guest(inside="<cpu mode='maximum'><maxphysaddr mode='passthrough' bits='40'/></cpu>"),
        "the host's bits",
    ),
    (guest(disk("sda", "scsi", device="lun")), "of type 'block'"),
    (guest(inside="<seclabel type='none'/><seclabel type='none' model='dac'/>"), "needs a 'model'"),
)


@pytest.mark.parametrize("text, words", REFUSED)
def test_refused_at_define(text: str, words: str) -> None:
    with pytest.raises((InvalidDocument, Unsupported)) as caught:
        define(text)
    assert words in caught.value.message


def test_a_keyboard_controller_that_can_be_switched() -> None:
    define(guest(inside="<features><ps2 state='off'/></features>"), SWITCHABLE)
    with pytest.raises(InvalidDocument, match="needs the feature ps2"):
        define(guest(inside="<features><vmport/><ps2 state='off'/></features>"), SWITCHABLE)


def test_what_fits_is_accepted() -> None:
    module = MODULE.format("<node>0</node>")
    define(guest(module + NIC.format(""), inside=HOTPLUG + ONE_CELL))
    define(
        guest(
            SHMEM.format(1024) + "<iommu model='virtio'/>",
            "<features><acpi/></features>",
            machine=Q35,
        )
    )
