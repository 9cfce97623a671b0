"""Descriptions of the firmware that is installed (QEMU, docs/interop/firmware.json)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from virtbus_qemu.translate.firmware import Firmware, parse_firmware

FOLDERS = ("/usr/share/qemu/firmware", "/etc/qemu/firmware")
"""From the least to the most important; a user's own come last."""
MAX_BYTES = 256 * 1024


def firmware_folders(*, system: bool) -> tuple[Path, ...]:
    """Where descriptions are; those of a user count for that user's guests alone."""
    folders = [Path(folder) for folder in FOLDERS]
    if not system:
        own = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        folders.append(Path(own) / "qemu/firmware")
    return tuple(folders)


def read_firmware(folders: Sequence[Path]) -> tuple[tuple[Firmware, ...], list[str]]:
    """The descriptions, best first, and what is wrong with those that are left out.

    They count in the order of their names; of two with one name the one in the more important
    folder counts, and an empty one hides the others.
    """
    found: list[Firmware] = []
    problems: list[str] = []
    for path in _by_name(folders):
        try:
            data = path.read_bytes()[:MAX_BYTES]
            if data:
                found.append(parse_firmware(data))
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
            problems.append(f"{path}: {error}")
    return tuple(found), problems


def _by_name(folders: Iterable[Path]) -> list[Path]:
    chosen: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*.json"):
            chosen[path.name] = path
    return [chosen[name] for name in sorted(chosen)]
