"""The guest without its devices, in the order in which libvirt gives it to QEMU."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain

from ..machine import Board
from ..runtime import RuntimePaths
from ..storage.blocknodes import (
    master_key_options,
    reservations_options,
    throttle_group_options,
)
from ..words import QmpCommand, keyed, unsupported
from .boot import boot_options, loader_options, name_option, power_options
from .clock import clock_options, timezone_environment
from .cpu import cpu_options
from .firmware import flash_nodes, flash_options
from .machine import accelerator_options, chipset_options, machine_options
from .memory import memory_options, numa_options
from .native import deprecation_options, own_environment
from .processors import iothread_options, smp_options
from .sysinfo import sysinfo_options


def system_options(domain: Domain, board: Board, runtime: RuntimePaths) -> Iterator[str]:
    """All that comes before the first device. Raises Unsupported, InvalidDocument."""
    caps = board.caps
    if domain.devices.emulator not in (None, caps.emulator):
        raise unsupported("devices/emulator", f"'{domain.devices.emulator}'", domain.devices.line)
    yield from ("-name", name_option(domain.name))
    yield from deprecation_options(domain)
    yield "-S"
    yield from master_key_options(runtime.storage)
    yield from reservations_options(domain, runtime.storage)
    yield from flash_options(domain, caps, runtime.storage)
    yield from machine_options(domain, board, flash_nodes(domain, caps))
    yield from accelerator_options(domain, board)
    yield from chipset_options(domain)
    yield from cpu_options(domain, board)
    yield from loader_options(domain)
    yield from memory_options(domain, board, runtime)
    yield from smp_options(domain, board)
    yield from iothread_options(domain)
    yield from throttle_group_options(domain)
    yield from numa_options(domain, board, runtime)
    yield from ("-uuid", domain.uuid or "")
    yield from sysinfo_options(domain)
    if not domain.devices.graphics:
        yield from ("-display", "none")
    yield from ("-no-user-config", "-nodefaults")
    monitor = keyed("socket", id="charmonitor", fd=runtime.monitor_fd, server=True, wait=False)
    yield from ("-chardev", monitor)
    yield from ("-mon", "chardev=charmonitor,id=monitor,mode=control")
    yield from clock_options(domain, caps, runtime)
    yield from power_options(domain, board)
    yield from boot_options(domain)


def process_environment(domain: Domain) -> dict[str, str]:
    """The variables of QEMU's process that the document asks for."""
    return timezone_environment(domain) | own_environment(domain)


def lifecycle_commands(domain: Domain) -> Iterator[QmpCommand]:
    """A guest that is to go when it reboots stops instead, and the agent acts on that."""
    if domain.on_reboot == "destroy":
        yield QmpCommand("set-action", {"reboot": "shutdown"})
