"""Images as -blockdev options, with the objects they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.domain.throttle import LIMITS, limited

from ..words import invalid, json_option, unsupported
from .facts import StorageFacts
from .images import DiskNodes, Image
from .protocols import location_of
from .sealed import (
    MANAGED_RESERVATIONS,
    MASTER_KEY,
    encryption_alias,
    requests_of,
    reservations_alias,
    tls_alias,
)

_DIRECT = ("none", "directsync")
_QEMU_FORMATS = {"fat": "raw", "ploop": "parallels", "vhd": "vhdx"}
_PLAIN_FORMATS = ("raw", "bochs", "cloop", "dmg", "vdi", "vpc", "qed", "vmdk")


def master_key_options(facts: StorageFacts) -> Iterator[str]:
    """The key that the guest's secrets are sealed with."""
    if facts.master_key:
        properties = {"qom-type": "secret", "id": MASTER_KEY, "format": "raw"}
        yield from ("-object", json_option({**properties, "file": facts.master_key}))


def secret_option(alias: str, facts: StorageFacts) -> tuple[str, str]:
    """A sealed secret as an object. Raises Unsupported when nobody gave it."""
    sealed = facts.secrets.get(alias)
    if sealed is None:
        raise unsupported("disk", f"secret '{alias}'")
    properties = {
        "qom-type": "secret",
        "id": alias,
        "data": sealed.data,
        "keyid": MASTER_KEY,
        "iv": sealed.iv,
        "format": "base64",
    }
    return "-object", json_option(properties)


def throttle_group_options(domain: Domain) -> Iterator[str]:
    """The groups of limits that disks' filters name."""
    groups = domain.throttlegroups.groups if domain.throttlegroups else []
    for group in groups:
        if limited(group):
            properties = {"qom-type": "throttle-group", "id": f"throttle-{group.group_name}"}
            limits = {
                _limit_name(name): getattr(group, name) or (None if "length" in name else 0)
                for name in LIMITS
            }
            kept = {name: value for name, value in limits.items() if value is not None}
            yield from ("-object", json_option({**properties, "limits": kept}))


def _limit_name(name: str) -> str:
    """total_bytes_sec_max_length as bps-total-max-length, size_iops_sec as iops-size."""
    which, what, *rest = name.replace("_sec", "").split("_")
    return "-".join(("bps" if what == "bytes" else what, which, *rest))


def reservations_options(domain: Domain, facts: StorageFacts) -> Iterator[str]:
    """The helper that the agent starts for a guest, if one of its disks needs it."""
    for disk in domain.devices.disks:
        wanted = disk.source.reservations if disk.source else None
        if wanted is not None and wanted.managed:
            yield from _reservations(MANAGED_RESERVATIONS, facts.reservations_socket)
            return


def _reservations(alias: str, path: str) -> Iterator[str]:
    properties = {"qom-type": "pr-manager-helper", "id": alias, "path": path}
    yield from ("-object", json_option(properties))


def node_options(disk: Disk, nodes: DiskNodes, facts: StorageFacts) -> Iterator[str]:
    """All nodes of a disk, each after those it is laid on."""
    for image in reversed(nodes.images):
        if image.data_store is not None:
            yield from image_options(image.data_store, facts)
        yield from image_options(image, facts)
    if not nodes.images:
        return
    upper = nodes.images[0].node
    if nodes.copy_on_read is not None:
        properties: dict[str, Any] = {"driver": "copy-on-read", "node-name": nodes.copy_on_read}
        yield from ("-blockdev", json_option({**properties, "file": upper, "discard": "unmap"}))
        upper = nodes.copy_on_read
    filters = disk.throttlefilters.filters if disk.throttlefilters else []
    for name, each in zip(nodes.filters, filters, strict=True):
        properties = {"driver": "throttle", "node-name": name}
        properties |= {"throttle-group": f"throttle-{each.group}", "file": upper}
        yield from ("-blockdev", json_option(properties))
        upper = name


def image_options(image: Image, facts: StorageFacts) -> Iterator[str]:
    """The nodes of one image, after the secrets they need."""
    reservations = image.source.reservations
    if reservations is not None and reservations.source is not None and not reservations.managed:
        yield from _reservations(reservations_alias(image) or "", reservations.source.path)
    requests = [request.alias for request in requests_of(image)]
    layers = [alias for alias in requests if "-encryption-" in alias]
    for alias in requests:
        if alias not in layers:
            yield from secret_option(alias, facts)
    yield from _tls(image, facts)
    for alias in layers:
        yield from secret_option(alias, facts)
    location = _location(image, facts)
    if image.kind == "vhostvdpa":
        device = image.source.dev or ""
        option = f"set={_fd_set(device, facts)},fd={facts.vdpa_fds[device]}"
        yield from ("-add-fd", f"{option},opaque={image.storage_node}-vdpa")
    whole = image.slice is None and image.format_node is None
    yield from ("-blockdev", json_option({**location, **_common(image, image.storage_node, whole)}))
    if image.slice is not None:
        part: dict[str, Any] = {"driver": "raw", "file": image.storage_node}
        part |= {"offset": image.slice.offset_bytes, "size": image.slice.size_bytes}
        part |= _common(image, image.slice_node or "", image.format_node is None)
        yield from ("-blockdev", json_option(part))
    if image.format_node is not None:
        layer = {**_common(image, image.format_node, True), **_format(image)}
        layer["file"] = image.stored_node
        if image.may_have_backing and image.below is not None:
            layer["backing"] = image.below.node
        text = json_option(layer)
        if image.may_have_backing and image.ended:
            text = f'{text[:-1]},"backing":null}}'
        yield from ("-blockdev", text)


def _location(image: Image, facts: StorageFacts) -> dict[str, Any]:
    if image.kind != "vhostvdpa":
        return location_of(image, facts)
    device = image.source.dev or ""
    if device not in facts.vdpa_fds:
        raise invalid("disk/source", f"'{device}' is not open", image.source.line)
    return {"driver": "virtio-blk-vhost-vdpa", "path": f"/dev/fdset/{_fd_set(device, facts)}"}


def _fd_set(device: str, facts: StorageFacts) -> int:
    return list(facts.vdpa_fds).index(device)


def _tls(image: Image, facts: StorageFacts) -> Iterator[str]:
    alias = tls_alias(image)
    if alias is None:
        return
    protocol = image.source.protocol or ""
    directory = facts.tls_directories.get(protocol)
    if not directory:
        raise unsupported("disk/source", f"TLS with protocol '{protocol}'", image.source.line)
    key = f"{alias}-secret0"
    if key in facts.secrets:
        yield from secret_option(key, facts)
    properties = {
        "qom-type": "tls-creds-x509",
        "id": alias,
        "dir": directory,
        "endpoint": "client",
        "verify-peer": True,
        "passwordid": key if key in facts.secrets else None,
    }
    yield from ("-object", json_option(properties))


def _common(image: Image, node: str, uppermost: bool) -> dict[str, Any]:
    """What every node has: its name, and how it is read and written."""
    driver, caching = image.driver, None
    if image.cache is not None:
        caching = {"direct": image.cache in _DIRECT, "no-flush": image.cache == "unsafe"}
    if not uppermost:
        how: dict[str, Any] = {"auto-read-only": True, "discard": "unmap"}
    else:
        zeroes = driver.detect_zeroes if image.is_top else None
        if zeroes == "unmap" and driver.discard != "unmap":
            zeroes = "on"
        how = {"read-only": image.readonly, "discard": driver.discard, "detect-zeroes": zeroes}
    return {"node-name": node, **how, "cache": caching}


def _format(image: Image) -> dict[str, Any]:
    kind = image.format
    if image.is_luks:
        return {"driver": "luks", "key-secret": encryption_alias(image)}
    if kind in ("qcow", "qcow2"):
        encrypt = None
        if image.qemu_encryption is not None:
            encrypt = {"format": image.qemu_encryption, "key-secret": encryption_alias(image)}
        layer: dict[str, Any] = {"driver": kind, "encrypt": encrypt}
        if kind == "qcow2":
            layer["cache-size"] = image.metadata_cache_bytes
            layer["discard-no-unref"] = image.driver.discard_no_unref
            layer["data-file"] = image.data_store.node if image.data_store else None
        return layer
    name = _QEMU_FORMATS.get(kind, kind if kind in _PLAIN_FORMATS else None)
    if name is None:
        raise unsupported("disk/driver", f"type '{kind}'", image.driver.line)
    return {"driver": name}
