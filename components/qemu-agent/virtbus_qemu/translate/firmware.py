"""Firmware of the host: the descriptors that QEMU's `docs/interop/firmware.json` defines."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import msgspec

Interface: TypeAlias = Literal["bios", "openfirmware", "uboot", "uefi"]

_ARCH_OF_QEMU = {"i386": "i686", "arm": "armv7l"}


class FlashFile(msgspec.Struct, frozen=True, kw_only=True):
    """An image for a flash chip: a path of the host, and "raw" or "qcow2"."""

    filename: str
    format: str


class FlashMapping(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="device", tag="flash", rename="kebab"
):
    """Code in one chip and variables in another, both in one, or no variables."""

    mode: Literal["split", "combined", "stateless"] = "split"
    executable: FlashFile
    nvram_template: FlashFile | None = None

    def __post_init__(self) -> None:
        """Code that is apart from its variables has a template of those."""
        if self.mode == "split" and self.nvram_template is None:
            raise ValueError("mode 'split' needs an nvram-template")


class KernelMapping(msgspec.Struct, frozen=True, kw_only=True, tag_field="device", tag="kernel"):
    """Firmware that is booted as a kernel."""

    filename: str


class MemoryMapping(msgspec.Struct, frozen=True, kw_only=True, tag_field="device", tag="memory"):
    """Firmware in ROM."""

    filename: str


class FirmwareTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An architecture by QEMU's name, and patterns of machine types."""

    architecture: str
    machines: tuple[str, ...]


class Firmware(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """One firmware: what it is to the guest, where it is, and which machines it is for."""

    interface_types: tuple[Interface, ...]
    mapping: FlashMapping | KernelMapping | MemoryMapping
    targets: tuple[FirmwareTarget, ...]
    features: tuple[str, ...]

    def fits(self, arch: str, machine: str) -> bool:
        """Whether it is for that machine type of an architecture by libvirt's name."""
        return any(
            fnmatchcase(machine, pattern.replace("[", "[[]"))
            for target in self.targets
            if _ARCH_OF_QEMU.get(target.architecture, target.architecture) == arch
            for pattern in target.machines
        )


class HostFirmware(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the host: its firmware, the best first, and where variables are kept."""

    known: tuple[Firmware, ...]
    nvram_directory: str


def parse_firmware(text: bytes) -> Firmware:
    """A descriptor. Raises msgspec.DecodeError for what does not have the form QEMU defines."""
    return msgspec.json.decode(text, type=Firmware)
