"""Snapshots, checkpoints, backups and host devices: what is filled in, and what is refused."""

from __future__ import annotations

import pytest

from virtbus.errors import InvalidDocument
from virtbus.model.backup import BACKUP, Backup, align_disks
from virtbus.model.checkpoint import CHECKPOINT, made_checkpoint, new_checkpoint
from virtbus.model.documents import document
from virtbus.model.domain import parse_domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.snapshot import SNAPSHOT, Snapshot, new_snapshot, taken_snapshot

UUID = "b1c0ffee-7a53-4f5c-8f0b-3c1f0d5a9e11"
GUEST = """<domain type='qemu' id='3'><name>mail</name><memory>1048576</memory>
<os><type>hvm</type></os><devices>
<disk type='file'><source file='/srv/a.qcow2'/><target dev='vda'/></disk>
<disk type='file'><source file='/srv/b.qcow2'/><target dev='vdb'/><readonly/></disk>
<disk type='block'><source dev='/dev/vg/c'/><target dev='vdc'/></disk>
<disk type='file' device='cdrom'><target dev='hda'/></disk>
</devices></domain>"""


def disks(*names: str) -> list[Disk]:
    found = parse_domain(GUEST).devices.disks
    return [disk for disk in found if disk.target.dev in names]


def taken(inner: str) -> Snapshot:
    text = "<domainsnapshot><name>s</name><creationTime>5</creationTime>"
    snapshot = SNAPSHOT.parse(f"{text}{inner}</domainsnapshot>")
    taken_snapshot(snapshot, uuid=UUID, macs=iter(()))
    SNAPSHOT.check(snapshot)
    return snapshot


def test_a_new_snapshot_says_nothing_of_the_past() -> None:
    snapshot = SNAPSHOT.parse(
        "<domainsnapshot><state>running</state><parent><name>p</name></parent><active>1</active>"
        "<creationTime>5</creationTime><disks><disk name='vda'><source file='/srv/new'/></disk>"
        f"<disk name='vdb'/></disks>{GUEST}</domainsnapshot>"
    )
    new_snapshot(snapshot, created_s=1700000000, uuid=UUID)
    SNAPSHOT.check(snapshot)
    assert (
        SNAPSHOT.format(snapshot)
        == f"""\
<domainsnapshot>
  <name>1700000000</name>
  <creationTime>1700000000</creationTime>
  <disks>
    <disk name='vda' snapshot='external' type='file'>
      <source file='/srv/new'/>
    </disk>
    <disk name='vdb'/>
  </disks>
  <domain>
    <uuid>{UUID}</uuid>
  </domain>
</domainsnapshot>
"""
    )


def test_a_taken_snapshot_keeps_its_guest_as_defined() -> None:
    running = taken(f"<state>running</state>{GUEST}<active>1</active>")
    assert running.memory is not None and running.memory.snapshot == "internal"
    assert running.domain is not None and running.domain.whole
    assert (running.domain.id, running.domain.uuid, running.active) == (None, UUID, None)
    off = taken("<state>shutoff</state><domain><uuid>" + UUID + "</uuid></domain>")
    assert off.memory is not None and off.memory.snapshot == "no"
    assert off.domain is not None and not off.domain.whole
    assert document("snapshot").format(off).count("\n") == 9


@pytest.mark.parametrize(
    "inner, line, element, reason",
    [
        ("", 1, "domainsnapshot", "element 'state' is missing"),
        ("<state>asleep</state>", 1, "domainsnapshot/state", "expected one of"),
        (
            "<state>shutoff</state>\n<memory snapshot='internal'/>",
            1,
            "domainsnapshot",
            "not running",
        ),
        (
            "<state>running</state>\n<memory snapshot='external'/>",
            2,
            "domainsnapshot/memory",
            "needs a file",
        ),
        (
            "<state>running</state>\n<memory snapshot='no' file='/f'/>",
            2,
            "domainsnapshot/memory",
            "externally",
        ),
        ("<state>running</state>\n<memory file='f'/>", 2, "domainsnapshot/memory", "absolute"),
        (
            (
                "<state>running</state><disks>\n<disk name='a' type='volume'><source pool='p' "
                "volume='v'/><driver type='qcow2'/></disk></disks>"
            ),
            2,
            "domainsnapshot/disks/disk",
            "'volume' cannot be kept",
        ),
        (
            "<state>running</state><disks>\n<disk name='a'><source file='f'/></disk></disks>",
            2,
            "domainsnapshot/disks/disk",
            "absolute",
        ),
        (
            "<state>running</state>\n<domain type='qemu'><name>n</name></domain>",
            2,
            "domainsnapshot/domain",
            "element 'memory' is missing",
        ),
    ],
)
def test_snapshots_that_are_refused(inner: str, line: int, element: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason) as caught:
        taken(inner)
    assert (caught.value.details["line"], caught.value.details["element"]) == (line, element)


def test_checkpoints_name_their_bitmaps() -> None:
    checkpoint = CHECKPOINT.parse(
        "<domaincheckpoint><disks><disk name='vda'/><disk name='vdb' checkpoint='no'/></disks>"
        "</domaincheckpoint>"
    )
    new_checkpoint(checkpoint, created_s=7)
    CHECKPOINT.check(checkpoint)
    assert checkpoint.disks is not None
    assert [disk.bitmap for disk in checkpoint.disks.disks] == ["7", None]


@pytest.mark.parametrize(
    "inner, reason",
    [
        ("<name>../c</name>", "line 1: <domaincheckpoint>: element 'name': expected letters"),
        ("<disks/>", "a <disk> is needed"),
        ("\n<disks><disk name='a'/><disk name='a'/></disks>", "line 2: .*more than once"),
        ("<disks>\n<disk name='a' checkpoint='no' bitmap='b'/></disks>", "line 2: .*takes no part"),
    ],
)
def test_checkpoints_that_are_refused(inner: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        document("checkpoint").read(f"<domaincheckpoint>{inner}</domaincheckpoint>")


def test_a_made_checkpoint_has_name_and_time() -> None:
    checkpoint = CHECKPOINT.parse("<domaincheckpoint><name>c</name></domaincheckpoint>")
    with pytest.raises(InvalidDocument, match="'creationTime' is missing"):
        made_checkpoint(checkpoint, uuid=UUID, macs=iter(()))


def aligned(text: str, *names: str) -> Backup:
    backup = BACKUP.read(text)
    align_disks(backup, disks(*names), suffix="new")
    return backup


def test_a_backup_names_all_disks() -> None:
    text = "<domainbackup><incremental>c</incremental></domainbackup>"
    backup = aligned(text, "vda", "vdb", "hda")
    assert (
        BACKUP.format(backup)
        == """\
<domainbackup mode='push'>
  <incremental>c</incremental>
  <disks>
    <disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='c'>
      <target file='/srv/a.qcow2.new'/>
    </disk>
    <disk name='vdb' backup='no'/>
    <disk name='hda' backup='no'/>
  </disks>
</domainbackup>
"""
    )


@pytest.mark.parametrize(
    "text, reason",
    [
        ("<disk name='vdx'/>", "no disk 'vdx'"),
        ("<disk name='vdc'/>", "no file to name one beside"),
        ("<disk name='hda'/>", "'hda' holds nothing"),
        ("<disk name='vda'/><disk name='vda'/>", "more than once"),
        ("<disk name='vda' backupmode='incremental'/>", "must name a checkpoint"),
        ("<disk name='vda' type='network'/>", "cannot hold a backup"),
    ],
)
def test_backups_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        aligned(f"<domainbackup><disks>{text}</disks></domainbackup>", "vda", "vdc", "hda")


@pytest.mark.parametrize(
    "server, reason",
    [
        ("transport='rdma' name='h'", "cannot serve"),
        ("transport='unix'", "needs a socket"),
        ("transport='unix' socket='s'", "absolute"),
        ("transport='tcp' socket='/s'", "takes no socket"),
        ("transport='fd'", "needs an fdgroup"),
        ("port='5'", "needs a name"),
        ("name='h' port='70000'", "not within"),
    ],
)
def test_servers_that_are_refused(server: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        BACKUP.read(f"<domainbackup mode='pull'><server {server}/></domainbackup>")
    with pytest.raises(InvalidDocument, match="is for mode 'pull'"):
        BACKUP.read("<domainbackup><server name='h'/></domainbackup>")


@pytest.mark.parametrize(
    "text, line, element, reason",
    [
        ("<device><name>d</name></device>", 1, "device", "a <capability> is needed"),
        (
            "<device>\n<capability type='teapot'/></device>",
            2,
            "device/capability",
            "expected one of",
        ),
        (
            "<device><parent wwnn='1'/><capability type='ap_matrix'/></device>",
            1,
            "device/parent",
            "belong together",
        ),
        (
            "<device><capability type='storage'>\n<block>/dev/a</block></capability></device>",
            1,
            "device/capability",
            "'size' is missing",
        ),
        (
            (
                "<device><capability type='ccw'><cssid>0x0</cssid><ssid>0x0</ssid>\n"
                "<devno>0x10000</devno></capability></device>"
            ),
            2,
            "device/capability/devno",
            "not within",
        ),
        (
            (
                "<device><capability type='net'><interface>e</interface>\n<feature name='warp'/>"
                "</capability></device>"
            ),
            2,
            "device/capability/feature",
            "expected one of rx",
        ),
    ],
)
def test_host_devices_that_are_refused(text: str, line: int, element: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason) as caught:
        document("node-device").read(text)
    assert (caught.value.details["line"], caught.value.details["element"]) == (line, element)
