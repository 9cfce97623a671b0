"""TPMs: the host's own, an emulator's, or one that is reached by a socket."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.character_source import CharacterSource
from virtbus.model.domain.devices.tpm import Tpm

from ..aliases import alias_of
from ..machine import Board
from ..passed import passthrough_paths, set_path, set_words
from ..places import place_of
from ..words import json_option, keyed
from .chardevs import Lines

_CHARDEV = "chrtpm"


def tpm_options(tpms: list[Tpm], lines: Lines, board: Board) -> Iterator[str]:
    """All TPMs of a guest: at most one with an emulator, and a proxy."""
    for tpm in tpms:
        alias = alias_of(tpm)
        if tpm.model == "spapr-tpm-proxy":
            path = tpm.backend.device.path if tpm.backend.device else None
            device = {"driver": tpm.model, "id": alias, "host-path": path}
            yield from ("-device", json_option(device))
            continue
        yield from _backend(tpm, lines)
        on_x86 = board.caps.arch in ("x86_64", "i686")
        model = "tpm-tis-device" if tpm.model == "tpm-tis" and not on_x86 else tpm.model
        device = {
            "driver": model,
            "tpmdev": f"tpm-{alias}",
            "id": alias,
            **place_of(tpm.address, board),
        }
        yield from ("-device", json_option(device))


def _backend(tpm: Tpm, lines: Lines) -> Iterator[str]:
    alias = alias_of(tpm)
    if tpm.backend.type == "passthrough":
        path, cancel = passthrough_paths(tpm)
        for name in (f"{alias}-tpm", f"{alias}-cancel"):
            yield from set_words(name, lines.sets, lines.runtime)
        path = set_path(f"{alias}-tpm", lines.sets, path)
        cancel = set_path(f"{alias}-cancel", lines.sets, cancel)
        words = keyed("passthrough", id=f"tpm-{alias}", path=path, cancel_path=cancel)
    else:
        source = tpm.backend.source if tpm.backend.type == "external" else None
        path = (source.path if source else None) or lines.runtime.socket(alias)
        socket = lines.unix(CharacterSource(mode="connect", path=path))
        yield from ("-chardev", keyed("socket", id=_CHARDEV, **socket))
        words = keyed("emulator", id=f"tpm-{alias}", chardev=_CHARDEV)
    yield from ("-tpmdev", words)
