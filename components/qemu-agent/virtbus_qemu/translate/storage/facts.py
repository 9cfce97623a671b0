"""What the agent finds out, or has ready, for the storage of a guest that starts."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from virtbus.model.source.source import BackingStore, DataStore

from .sealed import SealedSecret


class FoundChain(msgspec.Struct, frozen=True, kw_only=True):
    """What is under an image: the next one (or the end), and the file its data is in."""

    below: BackingStore
    data_store: DataStore | None = None


class StorageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is not in the document.

    `secrets` are by QEMU's names for them; `master_key` is the file that holds the key they
    are sealed with, "" when the guest needs none. `cdroms` are block devices of this host
    that are CD drives. `users` and `groups` (NFS) have their numbers by name.
    `vdpa_fds` are open devices by their paths. `tls_directories` hold certificates by
    protocol. `reservations_socket` is where the managed helper listens.
    `chains` are the images under those that the document names, by the disk's target.
    """

    secrets: Mapping[str, SealedSecret] = {}
    master_key: str = ""
    cdroms: frozenset[str] = frozenset()
    users: Mapping[str, int] = {}
    groups: Mapping[str, int] = {}
    vdpa_fds: Mapping[str, int] = {}
    tls_directories: Mapping[str, str] = {}
    reservations_socket: str = ""
    chains: Mapping[str, FoundChain] = {}


NOTHING = StorageFacts()
