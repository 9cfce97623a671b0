"""Backing chains, found in images' headers as QEMU writes them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.chains import find_chain
from virtbus_qemu.translate import ChainRequest


def qcow2(path: Path, backing: str = "", *, image_format: str = "", data_file: str = "") -> Path:
    """The header of an image of version 3."""
    extensions = b""
    for kind, text in ((0xE2792ACA, image_format), (0x44415441, data_file)):
        if text:
            raw = text.encode()
            extensions += struct.pack(">II", kind, len(raw)) + raw.ljust(
                (len(raw) + 7) // 8 * 8, b"\0"
            )
    extensions += struct.pack(">II", 0, 0)
    at = 104 + len(extensions) if backing else 0
    head = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, at, len(backing), 16, 0, 0, 0, 0, 0, 0, 0, 0
    )
    path.write_bytes(head + struct.pack(">QQQII", 0, 0, 0, 4, 104) + extensions + backing.encode())
    return path


def request(path: Path, image_format: str = "qcow2") -> ChainRequest:
    return ChainRequest(disk="vda", path=str(path), format=image_format)


def test_a_chain_is_followed_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "base.raw").write_bytes(b"")
    qcow2(tmp_path / "middle", "base.raw", image_format="raw", data_file="middle.data")
    top = qcow2(tmp_path / "top", str(tmp_path / "middle"), image_format="qcow2")
    found = find_chain(request(top)).below
    assert found.type == "file" and found.source and found.source.file == str(tmp_path / "middle")
    assert found.source.data_store and found.source.data_store.source
    assert found.source.data_store.source.file == str(tmp_path / "middle.data")
    below = found.backing_store
    assert below and below.format and below.format.type == "raw"
    assert below.backing_store and below.backing_store.type is None


def test_an_image_on_its_own_ends_its_chain(tmp_path: Path) -> None:
    assert find_chain(request(qcow2(tmp_path / "top"))).below.type is None


@pytest.mark.parametrize(
    "backing, image_format, words",
    [
        ("base", "", "not recorded"),
        ("base", "evil", "'evil'"),
        ("missing", "raw", "No such file"),
        ("json:{}", "raw", "is no file"),
        ("nbd://host/x", "raw", "is no file"),
        ("top", "qcow2", "more than"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    tmp_path: Path, backing: str, image_format: str, words: str
) -> None:
    (tmp_path / "base").write_bytes(b"")
    top = qcow2(tmp_path / "top", backing, image_format=image_format)
    with pytest.raises(HypervisorFailed, match=words):
        find_chain(request(top))


@pytest.mark.parametrize(
    "data", [b"", b"QFI\xfb", b"\0" * 200, b"QFI\xfb\0\0\0\x03" + b"\xff" * 300]
)
def test_no_header_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "top").write_bytes(data)
    with pytest.raises(HypervisorFailed):
        find_chain(request(tmp_path / "top"))
