"""The firmware's flash chips: their images as block devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.firmware import Loader

from ..capabilities import QemuCapabilities
from ..storage.blocknodes import image_options
from ..storage.facts import StorageFacts
from ..storage.images import Image
from ..storage.variables import variables_image
from ..words import invalid, json_option, unsupported

_CODE = "libvirt-pflash0"


def flash_nodes(domain: Domain, caps: QemuCapabilities) -> tuple[str, ...]:
    """The block nodes that the machine's chips are made of."""
    if _code(domain) is None:
        return ()
    variables = variables_image(domain, caps)
    return (f"{_CODE}-format", *([variables.node] if variables else []))


def flash_options(domain: Domain, caps: QemuCapabilities, facts: StorageFacts) -> Iterator[str]:
    """The images: code, with a node for its format, as older guests know it; and variables."""
    loader = _code(domain)
    if loader is None:
        return
    if not (loader.path or "").startswith("/"):
        raise invalid("os/loader", "expected an absolute path", loader.line)
    storage: dict[str, Any] = {"driver": "file", "filename": loader.path}
    storage |= {"node-name": f"{_CODE}-storage", "auto-read-only": True, "discard": "unmap"}
    yield from ("-blockdev", json_option(storage))
    kind = loader.format or "raw"
    layer = {"node-name": f"{_CODE}-format", "read-only": loader.readonly is True, "driver": kind}
    text = json_option({**layer, "file": f"{_CODE}-storage"})
    yield from ("-blockdev", _chained(text) if kind == "qcow2" else text)
    variables = variables_image(domain, caps)
    if variables is not None:
        yield from _checked(variables, facts)


def _checked(image: Image, facts: StorageFacts) -> Iterator[str]:
    if image.kind not in ("file", "block", "network"):
        raise unsupported("os/nvram", f"type '{image.kind}'", image.source.line)
    yield from image_options(image, facts)


def _chained(text: str) -> str:
    """An image that has nothing below it."""
    return f'{text[:-1]},"backing":null}}'


def _code(domain: Domain) -> Loader | None:
    """The loader that is in flash. Raises Unsupported for variables without one."""
    boot = domain.os
    if boot.loader is not None and boot.loader.type == "pflash":
        return boot.loader
    if boot.firmware == "efi" or boot.nvram is not None:
        raise unsupported("os", "firmware without a loader of type 'pflash'", boot.line)
    return None
