"""A domain document as a QEMU command line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from virtbus.errors import Unsupported
from virtbus.model.domain import Domain

from .affinity import affinity_of
from .aliases import alias_of
from .boot import boot_order
from .capabilities import QemuCapabilities
from .machine import Board, board_for
from .options.audio import audio_environment, audio_options, sound_options
from .options.characters import character_options
from .options.chardevs import Lines
from .options.controllers import ccid_options, controller_options
from .options.disks import disk_options, floppy_controller_options, throttle_commands
from .options.facilities import panic_options, rng_options, vsock_options
from .options.filesystems import filesystem_options
from .options.graphics import graphics_environment, graphics_options, password_commands
from .options.hostdevs import hostdev_options, inherited_fds
from .options.inputs import hub_options, input_options
from .options.interfaces import interface_options, link_commands
from .options.iommu import crypto_options, iommu_options
from .options.memory_devices import memory_device_options
from .options.native import overridden, own_arguments
from .options.redirection import redirdev_options, smartcard_options
from .options.sealed import sandbox_options, sealing_options
from .options.shared_memory import pstore_options, shmem_options
from .options.small import (
    balloon_commands,
    balloon_options,
    nvram_options,
    watchdog_options,
)
from .options.system import lifecycle_commands, process_environment, system_options
from .options.tpms import tpm_options
from .options.video import video_options
from .options.zpci import with_zpci
from .passed import fds_needed, sets_of
from .runtime import CommandLine, RuntimePaths
from .screens import settle_screens
from .storage.images import nodes_of, write_numbers
from .storage.needs import attach_chains
from .words import QmpCommand, json_option

_FULL_NAMES = {
    "virtio-iommu": "virtio-iommu-pci",
    "ahci": "ich9-ahci",
    "lsi": "lsi53c895a",
    "dc-390": "dc390",
}
"""Short names that -device takes but no list of devices has."""


def translate(live: Domain, caps: QemuCapabilities, runtime: RuntimePaths) -> CommandLine:
    """The command line of a guest, of the document that `prepare` made and what is ready for it.

    What the host chose is written into `live`, which is the result's `domain`. Raises
    Unsupported, naming the element, for what this agent cannot do, and InvalidDocument for
    what contradicts the machine or the host.
    """
    attach_chains(live, runtime.storage)
    settle_screens(live, runtime)
    board = board_for(live, caps)
    argv = [caps.emulator]
    argv += system_options(live, board, runtime)
    argv += with_zpci(live, [*_device_options(live, board, runtime)])
    argv += sealing_options(live, runtime)
    argv += own_arguments(live)
    argv += sandbox_options(live, caps)
    coreinfo = live.features.vmcoreinfo if live.features else None
    if coreinfo is not None and coreinfo.state is not False:
        argv += ["-device", json_option({"driver": "vmcoreinfo"})]
    argv += panic_options(live.devices.panics, board)
    argv += vsock_options(live.devices.vsock, runtime, board)
    argv += ["-msg", "timestamp=on"]
    argv = overridden(live, argv)
    _check_devices(argv, caps)
    fds = [fd for nic in live.devices.interfaces for fd in _queues(runtime, alias_of(nic))]
    fds += inherited_fds(live, runtime)
    fds += [runtime.fds[r.name] for r in fds_needed(live) if r.name in runtime.fds]
    return CommandLine(
        argv=tuple(argv),
        environment=_environment(live),
        fds=(runtime.monitor_fd, *fds, *runtime.storage.vdpa_fds.values()),
        setup=tuple(_setup(live, runtime)),
        affinity=affinity_of(live),
        domain=live,
    )


def _queues(runtime: RuntimePaths, alias: str) -> tuple[int, ...]:
    return (*runtime.tap_fds.get(alias, ()), *runtime.vhost_fds.get(alias, ()))


def _device_options(domain: Domain, board: Board, runtime: RuntimePaths) -> Iterator[str]:
    devices = domain.devices
    order = boot_order(domain)
    lines = Lines(board.caps, runtime, sets_of(domain, runtime))
    yield from iommu_options(devices.iommu, board)
    yield from controller_options(devices.controllers, board)
    yield from memory_device_options(domain, board, runtime)
    yield from hub_options(devices.hubs, board)
    yield from floppy_controller_options(devices.disks, order, board)
    nodes = nodes_of(domain, board.caps)
    for disk in devices.disks:
        own = nodes[disk.target.dev]
        write_numbers(disk, own)
        yield from disk_options(domain, disk, own, board, order.get(id(disk)), runtime.storage)
    yield from filesystem_options(domain, board, runtime.directory)
    for nic in devices.interfaces:
        yield from interface_options(nic, lines, board, order.get(id(nic)))
    yield from ccid_options(devices.controllers, board)
    yield from smartcard_options(devices.smartcards, lines, board)
    yield from character_options(domain, lines, board)
    yield from tpm_options(devices.tpms, lines, board)
    yield from input_options(devices.inputs, board)
    yield from audio_options(domain)
    yield from graphics_options(domain, runtime)
    yield from video_options(devices.videos, board, runtime.video_fds)
    yield from sound_options(domain, board)
    yield from watchdog_options(devices.watchdogs, board)
    yield from redirdev_options(devices.redirdevs, devices.redirfilter, lines, board)
    yield from hostdev_options(domain, board, runtime, order)
    yield from balloon_options(devices.memballoon, board)
    yield from rng_options(devices.rngs, lines, board)
    yield from nvram_options(devices.nvram)
    yield from shmem_options(devices.shmems, board)
    yield from crypto_options(devices.cryptos, board)
    yield from pstore_options(devices.pstore, board)


def _environment(domain: Domain) -> dict[str, str]:
    return process_environment(domain) | graphics_environment(domain) | audio_environment(domain)


def _setup(domain: Domain, runtime: RuntimePaths) -> Iterator[QmpCommand]:
    yield from lifecycle_commands(domain)
    yield from throttle_commands(domain)
    yield from password_commands(domain, runtime.screens)
    for nic in domain.devices.interfaces:
        yield from link_commands(nic)
    yield from balloon_commands(domain)


def _check_devices(argv: list[str], caps: QemuCapabilities) -> None:
    """Refuse a device that this emulator was built without, by name, before it does."""
    if not caps.devices:
        return
    for option, value in itertools.pairwise(argv):
        if option == "-device" and value.startswith('{"driver":"'):
            driver = value.split('"', 4)[3]
            if _FULL_NAMES.get(driver, driver) not in caps.devices:
                raise Unsupported(
                    f"{caps.emulator} was built without the device '{driver}'",
                    operation="translate",
                    feature=driver,
                )
