"""What an image says it is laid on, from its first bytes.

Images come from strangers, so nothing but their headers is read, and no other program is
asked. The formats are QEMU's: docs/interop/qcow2.txt, qcow (version 1), docs/interop/qed_spec.txt.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import msgspec

HEADER_BYTES = 2 * 1024 * 1024
"""How much of an image may hold its header: the largest cluster."""
_MAX_NAME_BYTES = 4096
_QCOW = struct.Struct(">4sIQI")
_QCOW2 = struct.Struct(">4sIQIIQIIQQIIQ")
_QCOW3 = struct.Struct(">QQQII")
_EXTENSION = struct.Struct(">II")
_QED = struct.Struct("<4sIIIQQQQQII")
_BACKING_FORMAT, _DATA_FILE = 0xE2792ACA, 0x44415441
_MAX_EXTENSIONS = 64
_QED_HAS_BACKING, _QED_BACKING_IS_RAW = 1, 4


class ImageHeader(msgspec.Struct, frozen=True, kw_only=True):
    """Names as they stand in the image, which may be relative to it; "" for none."""

    backing: str = ""
    backing_format: str = ""
    data_file: str = ""


def read_header(image_format: str, data: bytes) -> ImageHeader:
    """What the first `HEADER_BYTES` of an image of that format say.

    Raises ValueError, with the reason, for what is no such image.
    """
    read = _READERS.get(image_format)
    if read is None:
        return ImageHeader()
    try:
        return read(data)
    except (struct.error, UnicodeDecodeError):
        raise ValueError(f"it is no image of format '{image_format}'") from None


def _name(data: bytes, offset: int, size: int) -> str:
    if size > _MAX_NAME_BYTES or offset + size > len(data):
        raise ValueError("the name of its backing image is out of bounds")
    return data[offset : offset + size].decode()


def _qcow(data: bytes) -> ImageHeader:
    magic, version, offset, size = _QCOW.unpack_from(data)
    if magic != b"QFI\xfb" or version != 1:
        raise ValueError("it is no image of format 'qcow'")
    return ImageHeader(backing=_name(data, offset, size) if offset else "")


def _qcow2(data: bytes) -> ImageHeader:
    magic, version, offset, size, *_ = _QCOW2.unpack_from(data)
    if magic != b"QFI\xfb" or version not in (2, 3):
        raise ValueError("it is no image of format 'qcow2'")
    end = _QCOW2.size
    if version == 3:
        end = _QCOW3.unpack_from(data, end)[-1]
    extensions = dict(_extensions(data, end))
    return ImageHeader(
        backing=_name(data, offset, size) if offset else "",
        backing_format=extensions.get(_BACKING_FORMAT, b"").decode(),
        data_file=extensions.get(_DATA_FILE, b"").decode(),
    )


def _extensions(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(_MAX_EXTENSIONS):
        kind, size = _EXTENSION.unpack_from(data, at)
        if kind == 0:
            return
        start = at + _EXTENSION.size
        yield kind, data[start : start + size]
        at = start + (size + 7) // 8 * 8


def _qed(data: bytes) -> ImageHeader:
    magic, *_, offset, size = fields = _QED.unpack_from(data)
    if magic != b"QED\0":
        raise ValueError("it is no image of format 'qed'")
    features = fields[4]
    if not features & _QED_HAS_BACKING:
        return ImageHeader()
    raw = "raw" if features & _QED_BACKING_IS_RAW else ""
    return ImageHeader(backing=_name(data, offset, size), backing_format=raw)


_READERS: dict[str, Callable[[bytes], ImageHeader]] = {
    "qcow": _qcow,
    "qcow2": _qcow2,
    "qed": _qed,
}
