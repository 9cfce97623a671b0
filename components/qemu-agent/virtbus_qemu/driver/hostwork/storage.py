"""What is found out, and made ready, for a guest's disks and its firmware's variables."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from virtbus.errors import HypervisorFailed
from virtbus.model.domain import Domain
from virtbus_qemu.link import RunAs
from virtbus_qemu.link.chains import cd_drives, find_chain
from virtbus_qemu.link.files import make_directory, write_private
from virtbus_qemu.link.nvram import make_variables
from virtbus_qemu.link.seal import new_key, seal
from virtbus_qemu.translate import SealedSecret, SecretRequest, StorageFacts, StorageNeeds
from virtbus_qemu.translate.options.sealed import sealing_files
from virtbus_qemu.translate.words import unsupported

KEY_FILE = "master-key.aes"


def find_storage(
    live: Domain,
    needs: StorageNeeds,
    directory: Path,
    run_as: RunAs | None,
    passed: ExitStack,
) -> StorageFacts:
    """Find chains, users, drives; open devices; seal secrets; write what the firmware reads.

    Raises HypervisorFailed, naming what is not there, and Unsupported for secrets that only a
    store of secrets could tell.
    """
    if needs.reservations:
        raise unsupported("disk/source/reservations", "managed='yes'")
    secrets, key = _secrets(needs.secrets, directory, run_as)
    facts = StorageFacts(
        secrets=secrets,
        master_key=key,
        chains={request.disk: find_chain(request) for request in needs.chains},
        cdroms=cd_drives(needs.block_devices),
        users={name: _user(name) for name in needs.users},
        groups={name: _group(name) for name in needs.groups},
        vdpa_fds={path: _open(path, passed) for path in needs.vdpa_devices},
    )
    _make_variables(live)
    for name, text in sealing_files(live).items():
        write_private(directory / name, text.encode(), run_as)
    return facts


def _make_variables(live: Domain) -> None:
    nvram = live.os.nvram
    if nvram is None or not nvram.template or nvram.type not in (None, "file"):
        return
    path = nvram.path or (nvram.source.file if nvram.source else None)
    if path:
        make_directory(Path(path).parent)
        make_variables(path, nvram.template)


def _secrets(
    requests: Sequence[SecretRequest], directory: Path, run_as: RunAs | None
) -> tuple[dict[str, SealedSecret], str]:
    """The secrets that stand in the document, sealed, and the file of their key."""
    for request in requests:
        if not request.text:
            name = request.uuid or request.usage
            raise unsupported("disk", f"the secret '{name}' (there is no store of secrets)")
    if not requests:
        return {}, ""
    key = new_key()
    path = directory / KEY_FILE
    write_private(path, key, run_as)
    return {request.alias: seal(request.text.encode(), key) for request in requests}, str(path)


def _user(name: str) -> int:
    if name.removeprefix("+").isdecimal():
        return int(name.removeprefix("+"))
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise _nobody("user", name) from error


def _group(name: str) -> int:
    if name.removeprefix("+").isdecimal():
        return int(name.removeprefix("+"))
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise _nobody("group", name) from error


def _nobody(kind: str, name: str) -> HypervisorFailed:
    return HypervisorFailed(f"the host has no {kind} {name!r}", cause="unknown", operation="start")


def _open(path: str, passed: ExitStack) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise HypervisorFailed(
            f"{path} cannot be opened for the guest", cause=str(error), operation="open"
        ) from error
    passed.callback(os.close, descriptor)
    return descriptor
