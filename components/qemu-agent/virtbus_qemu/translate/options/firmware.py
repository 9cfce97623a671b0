"""The firmware's flash chips: their images as block devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Os
from virtbus.model.domain.firmware import Nvram

from ..words import invalid, json_option, unsupported


def flash_files(os: Os) -> list[tuple[str, bool, str]]:
    """Path of each image, whether it is read-only, and its format. Raises Unsupported."""
    loader = os.loader
    if loader is None or loader.type != "pflash":
        if os.firmware == "efi" or os.nvram is not None:
            raise unsupported("os", "firmware without a loader of type 'pflash'", os.line)
        return []
    files = [(_path(loader.path or "", "os/loader"), loader.readonly is not False, loader.format)]
    if os.nvram is not None:
        files.append((_path(_nvram_path(os.nvram), "os/nvram"), False, os.nvram.format))
    return [(path, readonly, kind or "raw") for path, readonly, kind in files]


def _nvram_path(nvram: Nvram) -> str:
    if nvram.type is None:
        return nvram.path or ""
    if nvram.type != "file" or nvram.source is None:
        raise unsupported("os/nvram", f"type '{nvram.type}'", nvram.line)
    return nvram.source.file or ""


def _path(path: str, element: str) -> str:
    if not path.startswith("/"):
        raise invalid(element, "expected an absolute path")
    return path


def flash_nodes(domain: Domain) -> tuple[str, ...]:
    """The block nodes that the machine's chips are made of."""
    return tuple(_node(chip, kind) for chip, (_, _, kind) in enumerate(flash_files(domain.os)))


def _node(chip: int, kind: str) -> str:
    """Raw variables need no node of their own; code has one, as older guests know it."""
    layer = "storage" if chip and kind == "raw" else "format"
    return f"libvirt-pflash{chip}-{layer}"


def flash_options(domain: Domain) -> Iterator[str]:
    """The images."""
    for chip, (path, readonly, kind) in enumerate(flash_files(domain.os)):
        storage, top = f"libvirt-pflash{chip}-storage", _node(chip, kind)
        image: dict[str, Any] = {"driver": "file", "filename": path, "node-name": storage}
        if top == storage:
            yield from ("-blockdev", json_option(image | {"read-only": readonly}))
            continue
        yield from ("-blockdev", json_option(image | {"auto-read-only": True, "discard": "unmap"}))
        chip_format = {"node-name": top, "read-only": readonly, "driver": kind, "file": storage}
        layered = json_option(chip_format)
        if kind == "qcow2":
            layered = f'{layered[:-1]},"backing":null}}'
        yield from ("-blockdev", layered)
