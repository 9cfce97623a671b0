"""Guests with devices of many families, started by the agent: what they need is made ready."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.live.guests import QemuBus
from tests.peers.bus import wait_for
from virtbus.client.sync.domain import Domain
from virtbus.errors import HypervisorFailed, Unsupported
from virtbus.operations.records import State

HEAD = """\
<domain type='qemu'>
  <name>{name}</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>
  {before}
  <os{firmware}><type arch='x86_64' machine='q35'>hvm</type>{inos}</os>
  <features><acpi/>{features}</features>
  {after}
  <devices><memballoon model='none'/>{devices}</devices>
</domain>
"""
SHARED = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
DEVICES = """\
<controller type='usb' model='qemu-xhci'/>
<controller type='scsi' model='virtio-scsi'/>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
<filesystem type='mount' accessmode='mapped'><source dir='{dir}'/><target dir='nine'/></filesystem>
<interface type='user'><model type='e1000e'/></interface>
<interface type='user'><model type='rtl8139'/></interface>
<interface type='user'><model type='virtio'/></interface>
<serial type='file'><source path='{dir}/serial.log'/></serial>
<serial type='unix'><source mode='bind' path='{dir}/serial.sock'/></serial>
<console type='null'><target type='virtio'/></console>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<parallel type='null'/>
<input type='tablet' bus='usb'/>
<input type='keyboard' bus='virtio'/>
<graphics type='vnc' autoport='yes' websocket='-1'/>
<sound model='ich9'/><audio id='1' type='none'/>
<video><model type='virtio'/></video>
<hub type='usb'/>
<watchdog model='i6300esb' action='none'/>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<panic model='isa'/>
<shmem name='virtbus-{pid}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>
"""
TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
VIRTIOFS = (
    "<filesystem type='mount'><driver type='virtiofs'/>"
    "<source dir='{dir}'/><target dir='fs'/></filesystem>"
)
FIRMWARE = Path("/usr/share/qemu/firmware/60-edk2-x86_64.json")


def define(
    lab: QemuBus,
    name: str,
    devices: str = "",
    *,
    before: str = "",
    after: str = "",
    firmware: str = "",
    inos: str = "",
    features: str = "",
) -> Domain:
    shared = lab.bus.directory / "shared"
    shared.mkdir(exist_ok=True)
    shared.chmod(0o755)
    document = HEAD.format(
        name=name,
        devices=devices.format(dir=shared, pid=os.getpid()),
        before=before,
        after=after,
        firmware=firmware,
        inos=inos,
        features=features,
    )
    return lab.connection.define_domain(xml=document)


def served(program: str, word: str) -> list[str]:
    """Command lines of running programs of that name."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words.split(" ")[0].endswith(program) and word in words:
            found.append(words)
    return found


def ended(program: str, word: str) -> bool:
    return not served(program, word)


def test_devices_of_many_families_start(lab: QemuBus) -> None:
    guest = define(lab, "many", DEVICES)
    guest.start()
    assert guest.get_state().state is State.RUNNING
    live = guest.get_xml()
    assert "websocket='57" in live and "/serial.sock'" in live
    assert (lab.bus.directory / "shared/serial.log").exists()
    guest.destroy(grace_ms=0)
    guest.start()  # nothing of the first run is in the way


def test_an_emulated_tpm_remembers(lab: QemuBus, require_peer: Callable[..., None]) -> None:
    require_peer("swtpm", "install swtpm")
    for model, version in (("tpm-crb", "2.0"), ("tpm-tis", "1.2")):
        tpm = TPM.replace("tpm-crb", model).replace("2.0", version)
        guest = define(lab, f"tpm-{model}", tpm)
        guest.start()
        (server,) = served("swtpm", str(guest.uuid))
        assert ("--tpm2" in server) is (version == "2.0")
        guest.destroy(grace_ms=0)
        wait_for(partial(ended, "swtpm", str(guest.uuid)), "swtpm ends")


def test_a_directory_is_served_by_virtiofsd(
    lab: QemuBus, require_peer: Callable[..., None]
) -> None:
    where = shutil.which("virtiofsd", path="/usr/libexec:/usr/lib/qemu:/usr/bin")
    require_peer("virtiofsd", "install qemu-system-common", present=where is not None)
    guest = define(lab, "shared", VIRTIOFS, before=SHARED)
    guest.start()
    wanted = f"source={lab.bus.directory}/shared"
    assert served("virtiofsd", wanted)
    guest.destroy(grace_ms=0)
    wait_for(partial(ended, "virtiofsd", wanted), "virtiofsd ends")


@pytest.mark.parametrize("secure", [False, True])
def test_firmware_is_chosen_and_has_variables(
    lab: QemuBus, require_peer: Callable[..., None], *, secure: bool
) -> None:
    require_peer("OVMF", "install ovmf", present=FIRMWARE.exists())
    wanted = "yes" if secure else "no"
    inos = (
        f"<firmware><feature enabled='{wanted}' name='secure-boot'/>"
        "<feature enabled='no' name='enrolled-keys'/></firmware>"
    )
    guest = define(lab, f"efi-{wanted}", firmware=" firmware='efi'", inos=inos)
    variables = guest.get_xml().partition("_VARS.fd</nvram>")[0].rpartition(">")[2] + "_VARS.fd"
    assert not Path(variables).exists()
    assert ("secure='yes'" in guest.get_xml()) is secure
    guest.start()
    assert Path(variables).stat().st_mode & 0o777 == 0o600
    guest.destroy(grace_ms=0)
    assert Path(variables).stat().st_uid == 0


def test_a_chain_of_images_is_lent_and_given_back(lab: QemuBus) -> None:
    base, top = lab.bus.directory / "base.qcow2", lab.bus.directory / "top.qcow2"
    create = ["qemu-img", "create", "-q", "-f", "qcow2"]
    subprocess.run([*create, base, "4M"], check=True, timeout=30)
    subprocess.run([*create, "-F", "qcow2", "-b", base, top], check=True, timeout=30)
    disk = (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file='{top}'/><target dev='{{}}' bus='{{}}'/></disk>"
    )
    owner = top.stat().st_uid
    guest = define(lab, "chain", disk.format("vda", "virtio"))
    guest.start()
    assert "<backingStore" in guest.get_xml() and str(base) in guest.get_xml()
    guest.destroy(grace_ms=0)
    assert top.stat().st_uid == owner


VSOCK = "<vsock model='virtio'><cid auto='yes'/></vsock>"
USB = """\
<hostdev mode='subsystem' type='usb'>
  <source><vendor id='0xdead'/><product id='0xbeef'/></source>
</hostdev>
"""
ISCSI = """\
<disk type='network' device='disk'><driver name='qemu' type='raw'/>
  <auth username='u'><secret type='iscsi' usage='nobody'/></auth>
  <source protocol='iscsi' name='iqn.2020-01.org.x:y/0'><host name='127.0.0.1'/></source>
  <target dev='vda' bus='virtio'/>
</disk>
"""


@pytest.mark.parametrize(
    "devices, error, word",
    [
        (VSOCK, HypervisorFailed, "vhost-vsock"),
        (USB, HypervisorFailed, "dead:beef"),
        (ISCSI, Unsupported, "secret"),
    ],
)
def test_what_the_host_has_not_is_named(
    lab: QemuBus, devices: str, error: type[Exception], word: str
) -> None:
    if word == "vhost-vsock" and Path("/dev/vhost-vsock").exists():
        pytest.skip("this host has vsock")
    guest = define(lab, "without", devices)
    with pytest.raises(error, match=word):
        guest.start()
    assert guest.get_state().state is State.SHUTOFF
