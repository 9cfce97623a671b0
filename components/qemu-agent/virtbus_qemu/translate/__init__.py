"""Between documents and QEMU's words, both ways. Pure: no I/O, no clock, no randomness."""

from .aliases import alias_of, assign_aliases
from .capabilities import CpuDefinition, MachineType, QemuCapabilities, parse_capabilities
from .check import check
from .command import boot_order, prepare, translate
from .complete import complete
from .options.characters import set_ptys
from .options.interfaces import taps_needed
from .options.screens import set_vnc_port
from .runtime import CommandLine, RuntimePaths, TapRequest
from .words import QmpCommand

__all__ = [
    "CommandLine",
    "CpuDefinition",
    "MachineType",
    "QemuCapabilities",
    "QmpCommand",
    "RuntimePaths",
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
    "taps_needed",
    "translate",
]
