"""Pools, volumes and secrets: what is filled in, and what is refused."""

from __future__ import annotations

import pytest

from virtbus.errors import InvalidDocument
from virtbus.model.documents import document
from virtbus.model.secret import SECRET_DOCUMENT, complete_secret
from virtbus.model.storage.pool import POOL, complete_pool
from virtbus.model.storage.pool_kinds import PoolType
from virtbus.model.storage.volume import VOLUME, Volume, complete_volume

UUID = "0b1e0d4c-7a53-4f5c-8f0b-3c1f0d5a9e11"
COW = "<features><cow state='no'/></features>"
TARGET = "<target><path>/srv</path></target>"


def pool(type_: str, inner: str) -> str:
    return f"<pool type='{type_}'>\n{inner}\n</pool>"


def test_a_pool_is_completed_by_its_type() -> None:
    volumes = POOL.parse(
        pool("logical", "<source><name>vg0</name><host name='x'/></source><target/>")
    )
    complete_pool(volumes, uuid=UUID)
    POOL.check(volumes)
    assert (
        POOL.format(volumes)
        == f"""\
<pool type='logical'>
  <name>vg0</name>
  <uuid>{UUID}</uuid>
  <capacity unit='bytes'>0</capacity>
  <allocation unit='bytes'>0</allocation>
  <available unit='bytes'>0</available>
  <source>
    <name>vg0</name>
    <format type='lvm2'/>
  </source>
  <target>
    <path>/dev/vg0</path>
  </target>
</pool>
"""
    )
    gluster = POOL.read(pool("gluster", f"<name>g</name><source><host name='h'/></source>{TARGET}"))
    assert gluster.source is not None and gluster.source.dir is not None
    assert (gluster.source.name, gluster.source.dir.path, gluster.target) == ("g", "/", None)


@pytest.mark.parametrize(
    "written, kept",
    [("//a//b/", "//a/b"), ("///a", "/a"), ("/", "/"), ("nfs://host//a", "nfs://host//a")],
)
def test_paths_are_tidied(written: str, kept: str) -> None:
    text = pool("dir", f"<name>p</name><target><path>{written}</path></target>")
    target = POOL.read(text).target
    assert target is not None and target.path == kept


def test_a_definition_of_a_pool_knows_no_sizes() -> None:
    sized = POOL.read(
        pool("dir", f"<name>p</name><capacity unit='GiB'>1</capacity><source/>{TARGET}")
    )
    assert sized.capacity is not None and sized.capacity.size_bytes == 2**30
    assert "<capacity unit='bytes'>0<" in POOL.format(sized, inactive=True)
    assert sized.capacity.size_bytes == 2**30


@pytest.mark.parametrize(
    "type_, inner, line, element, reason",
    [
        ("dir", TARGET, 1, "pool", "element 'name' is missing"),
        ("dir", f"<name>a/b</name>{TARGET}", 1, "pool", "must not contain '/'"),
        ("dir", "<name>p</name>", 1, "pool", "'target/path' is missing"),
        ("tape", "<name>p</name>", 1, "pool", "attribute 'type': expected one of dir, fs"),
        ("fs", f"<name>p</name>{TARGET}", 1, "pool", "'fs' needs a device"),
        ("iscsi", f"<name>p</name>{TARGET}", 1, "pool", "'iscsi' needs a host"),
        ("netfs", f"<name>p</name><source><host name='h'/></source>{TARGET}", 1, "pool", "a dir"),
        ("scsi", f"<name>p</name>{TARGET}", 1, "pool", "needs an adapter"),
        ("rbd", "<name>p</name><source><host name='h'/></source>", 1, "pool", "needs a name"),
        (
            "iscsi-direct",
            "<name>p</name><source><host name='h'/><device path='d'/></source>",
            1,
            "pool",
            "needs an initiator",
        ),
        (
            "netfs",
            (
                "<name>p</name><source><host name='h'/><dir path='/d'/><format type='cifs'/>"
                f"<protocol ver='3'/></source>{TARGET}"
            ),
            1,
            "pool",
            "only NFS",
        ),
        (
            "disk",
            f"<name>p</name><source><device path='/d'/>\n<format type='zip'/></source>{TARGET}",
            1,
            "pool",
            "format 'zip' is none of unknown, dos",
        ),
        (
            "scsi",
            f"<name>p</name>\n<source>\n<adapter wwnn='1'/></source>{TARGET}",
            4,
            "pool/source/adapter",
            "'type' is missing",
        ),
        (
            "scsi",
            f"<name>p</name><source>\n<adapter type='fc_host' wwnn='1' wwpn='2'/></source>{TARGET}",
            3,
            "pool/source/adapter",
            "16 hexadecimal digits",
        ),
        (
            "dir",
            (
                "<name>p</name>\n<target><path>/p</path><permissions>\n<mode>0999</mode>"
                "</permissions></target>"
            ),
            4,
            "pool/target/permissions/mode",
            "octal mode",
        ),
        (
            "mpath",
            f"<name>p</name><features><cow state='no'/></features>{TARGET}",
            1,
            "pool",
            "cow",
        ),
    ],
)
def test_pools_that_are_refused(
    type_: str, inner: str, line: int, element: str, reason: str
) -> None:
    reading = POOL.parse
    try:
        found = reading(pool(type_, inner))
        POOL.apply_defaults(found)
        problems = POOL.problems(found)
    except InvalidDocument as error:
        details = error.details
        problems = []
        assert (details["line"], details["element"]) == (line, element)
        assert reason in str(details["reason"])
        return
    assert any((p.line, p.element) == (line, element) and reason in p.reason for p in problems), (
        problems
    )


def volume_of(text: str, pool_type: PoolType) -> Volume:
    volume = VOLUME.parse(text)
    complete_volume(volume, pool_type=pool_type)
    VOLUME.check(volume)
    return volume


def test_a_volume_is_completed_by_its_pool() -> None:
    text = "<volume><name>v</name><capacity unit='KiB'>4</capacity></volume>"
    formats: dict[PoolType, str | None] = {"dir": "raw", "disk": "none", "logical": None}
    for pool_type, format_ in formats.items():
        volume = volume_of(text, pool_type)
        assert volume.target is not None and volume.allocation is not None
        assert volume.allocation.size_bytes == 4096
        assert (volume.target.format and volume.target.format.type) == format_


@pytest.mark.parametrize(
    "inner, line, element, reason",
    [
        ("", 1, "volume", "'capacity' is missing"),
        ("<capacity>-1</capacity>", 2, "volume/capacity", "not within"),
        ("<capacity unit='furlong'>1</capacity>", 2, "volume/capacity", "unknown unit"),
        (
            "<capacity>1</capacity><target>\n<format type='linux'/></target>",
            3,
            "volume/target/format",
            "none of raw",
        ),
        (
            "<capacity>1</capacity>\n<target><compat>new</compat></target>",
            3,
            "volume/target",
            "a version such as 1.1",
        ),
        (
            (
                "<capacity>1</capacity>\n<target>\n<encryption format='luks'><ivgen name='a'/>"
                "</encryption></target>"
            ),
            4,
            "volume/target/encryption",
            "needs a <cipher>",
        ),
    ],
)
def test_volumes_that_are_refused(inner: str, line: int, element: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason) as caught:
        volume_of(f"<volume><name>v</name>\n{inner}</volume>", "dir")
    assert (caught.value.details["line"], caught.value.details["element"]) == (line, element)


def test_a_copy_needs_no_size_of_its_own() -> None:
    volume = VOLUME.parse("<volume><name>v</name></volume>")
    complete_volume(volume, pool_type="dir", capacity_needed=False)
    assert volume.capacity is not None and volume.capacity.size_bytes == 0


def test_a_secret_keeps_what_its_use_has() -> None:
    secret = SECRET_DOCUMENT.parse(
        "<secret><usage type='iscsi'><target>t</target><name>n</name></usage></secret>"
    )
    complete_secret(secret, uuid=UUID)
    assert secret.usage is not None and (secret.usage.id, secret.usage.name) == ("t", None)
    assert (secret.ephemeral, secret.private, secret.uuid) == (False, False, UUID)
    with pytest.raises(InvalidDocument, match=r"line 2: <secret/usage>: .* needs element 'name'"):
        document("secret").read("<secret>\n<usage type='ceph'><volume>v</volume></usage></secret>")
