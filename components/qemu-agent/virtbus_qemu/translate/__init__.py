"""Between documents and QEMU's words, both ways. Pure: no I/O, no clock, no randomness."""

from .aliases import alias_of, assign_aliases
from .boot import boot_order
from .capabilities import (
    CpuDefinition,
    GicVersion,
    MachineType,
    QemuCapabilities,
    parse_capabilities,
)
from .check import check
from .command import translate
from .complete import complete
from .firmware import HostFirmware
from .options.characters import set_ptys
from .options.graphics import set_vnc_port
from .options.interfaces import taps_needed
from .prepare import Needs, Prepared, prepare
from .runtime import CommandLine, RuntimePaths, TapRequest
from .storage.facts import StorageFacts
from .storage.needs import ChainRequest, StorageNeeds, storage_needs
from .storage.sealed import SealedSecret, SecretRequest
from .words import QmpCommand

__all__ = [
    "ChainRequest",
    "CommandLine",
    "CpuDefinition",
    "GicVersion",
    "HostFirmware",
    "MachineType",
    "Needs",
    "Prepared",
    "QemuCapabilities",
    "QmpCommand",
    "RuntimePaths",
    "SealedSecret",
    "SecretRequest",
    "StorageFacts",
    "StorageNeeds",
    "TapRequest",
    "alias_of",
    "assign_aliases",
    "boot_order",
    "check",
    "complete",
    "parse_capabilities",
    "prepare",
    "set_ptys",
    "set_vnc_port",
    "storage_needs",
    "taps_needed",
    "translate",
]
