"""The backing chains of images, found on this host."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from virtbus.errors import HypervisorFailed
from virtbus.model.source.source import BackingStore, DataStore, Format, ImageFormat, StorageSource
from virtbus_qemu.translate.storage.facts import FoundChain
from virtbus_qemu.translate.storage.headers import HEADER_BYTES, ImageHeader, read_header
from virtbus_qemu.translate.storage.needs import ChainRequest

MAX_IMAGES = 200
"""As deep as a chain may be; libvirt's bound."""
_CD_MAJOR = 11  # Linux, Documentation/admin-guide/devices.txt
_FORMATS = ("raw", "qcow", "qcow2", "qed", "vmdk", "vdi", "vpc", "bochs", "cloop", "dmg")
_OTHER_NAMES = {"parallels": "ploop", "vhdx": "vhd", "host_device": "raw", "file": "raw"}


def find_chain(request: ChainRequest) -> FoundChain:
    """The images that the requested one is an overlay of.

    Raises HypervisorFailed, naming the image, when one of them is not there, not what it is
    said to be, or does not say what its backing image is.
    """
    path, image_format = request.path, request.format
    data_store: DataStore | None = None
    top = last = BackingStore()
    for depth in range(MAX_IMAGES):
        header = _header(path, image_format)
        found = _data_store(path, header)
        if depth == 0:
            data_store = found
        elif last.source is not None:
            last.source.data_store = found
        below = BackingStore()
        if depth == 0:
            top = below
        else:
            last.backing_store = below
        if not header.backing:
            return FoundChain(below=top, data_store=data_store)
        path, image_format = _next(path, header)
        _describe(below, path, image_format)
        last = below
    raise _failed(request.path, f"its chain has more than {MAX_IMAGES} images")


def cd_drives(devices: Iterable[str]) -> frozenset[str]:
    """Those of the block devices that are CD drives of this host."""
    return frozenset(device for device in devices if _is_cd_drive(device))


def _is_cd_drive(device: str) -> bool:
    try:
        facts = os.stat(device)
    except OSError:
        return False  # QEMU says what is wrong with it
    return stat.S_ISBLK(facts.st_mode) and os.major(facts.st_rdev) == _CD_MAJOR


def _header(path: str, image_format: str) -> ImageHeader:
    try:
        with open(path, "rb") as file:
            return read_header(image_format, file.read(HEADER_BYTES))
    except (OSError, ValueError) as error:
        raise _failed(path, str(error)) from error


def _next(path: str, header: ImageHeader) -> tuple[str, str]:
    """Where the backing image is, and its format."""
    below = _beside(path, header.backing)
    name = _OTHER_NAMES.get(header.backing_format, header.backing_format)
    if name not in _FORMATS:
        known = f"'{header.backing_format}'" if header.backing_format else "not recorded in it"
        raise _failed(path, f"the format of its backing image {below} is {known}")
    return below, name


def _beside(path: str, name: str) -> str:
    plain = name.removeprefix("file:")
    if name.startswith("json:") or "://" in name or not plain:
        raise _failed(path, f"'{name[:80]}' is no file; name it in a <backingStore>")
    return str(Path(path).parent / plain)


def _describe(store: BackingStore, path: str, image_format: str) -> None:
    try:
        block = stat.S_ISBLK(os.stat(path).st_mode)
    except OSError as error:
        raise _failed(path, str(error)) from error
    store.type = "block" if block else "file"
    store.source = StorageSource(dev=path) if block else StorageSource(file=path)
    store.format = Format(type=cast(ImageFormat, image_format))


def _data_store(path: str, header: ImageHeader) -> DataStore | None:
    if not header.data_file:
        return None
    source = StorageSource(file=_beside(path, header.data_file))
    return DataStore(type="file", format=Format(type="raw"), source=source)


def _failed(path: str, reason: str) -> HypervisorFailed:
    return HypervisorFailed(
        f"the image {path} cannot be used: {reason}", cause=reason, operation="start"
    )
