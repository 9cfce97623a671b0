"""What the agent must find out, or have ready, before a guest's storage can be opened."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.disk import Disk
from virtbus.model.source.source import BackingStore

from ..capabilities import QemuCapabilities
from ..host_devices import scsi_secrets
from .facts import StorageFacts
from .images import DiskNodes, Image, nodes_of
from .sealed import SecretRequest, requests_of
from .variables import variables_image


class ChainRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An image whose own backing chain is asked for: the last one that the document names."""

    disk: str
    path: str
    format: str


class StorageNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """The questions; their answers are `StorageFacts`, by the same names."""

    secrets: tuple[SecretRequest, ...] = ()
    block_devices: tuple[str, ...] = ()  # which of them are CD drives
    vdpa_devices: tuple[str, ...] = ()  # to be opened
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    chains: tuple[ChainRequest, ...] = ()
    reservations: bool = False  # a helper for persistent reservations


def storage_needs(live: Domain, caps: QemuCapabilities) -> StorageNeeds:
    """What starting `live`, a completed document, takes. Pure."""
    nodes = nodes_of(live, caps)
    images = list(_all_images(nodes))
    variables = variables_image(live, caps)
    if variables is not None:
        images.append(variables)
    identities = [i.source.identity for i in images if i.source.protocol == "nfs"]
    return StorageNeeds(
        secrets=(
            *(request for image in images for request in requests_of(image)),
            *scsi_secrets(live),
        ),
        block_devices=_paths(i.source.dev for i in images if i.kind == "block" and i.cdrom),
        vdpa_devices=_paths(i.source.dev for i in images if i.kind == "vhostvdpa"),
        users=_paths(i.user for i in identities if i),
        groups=_paths(i.group for i in identities if i),
        chains=tuple(_chains(live, nodes)),
        reservations=any(i.source.reservations and i.source.reservations.managed for i in images),
    )


def _all_images(nodes: dict[str, DiskNodes]) -> Iterator[Image]:
    for each in nodes.values():
        for image in each.images:
            yield image
            if image.data_store is not None:
                yield image.data_store


def _paths(found: Iterator[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for path in found if path))


def _chains(live: Domain, nodes: dict[str, DiskNodes]) -> Iterator[ChainRequest]:
    for disk in live.devices.disks:
        images = nodes[disk.target.dev].images
        if not images:
            continue
        last = images[-1]
        path = last.source.local_path
        if last.may_have_backing and not last.ended and path:
            yield ChainRequest(disk=disk.target.dev, path=path, format=last.format)


def attach_chains(live: Domain, facts: StorageFacts) -> None:
    """Write the chains that were found into the document, where it does not tell them."""
    for disk in live.devices.disks:
        found = facts.chains.get(disk.target.dev)
        if found is not None:
            last = _last(disk)
            last.backing_store = found.below
            if last.source is not None and last.source.data_store is None:
                last.source.data_store = found.data_store


def _last(disk: Disk) -> Disk | BackingStore:
    last: Disk | BackingStore = disk
    while last.backing_store is not None and last.backing_store.type is not None:
        last = last.backing_store
    return last
