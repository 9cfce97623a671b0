"""What a definition leaves out, filled in as libvirt does for every hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from ..engine import walk
from ..engine.table import says_nothing
from ..net.virtualport import VirtualPortParameters, made_parameters
from .board_defaults import (
    settle_boot,
    settle_identity,
    settle_iothreads,
    settle_memory,
    settle_processors,
)
from .clock import Clock
from .devices.interface import Interface
from .devices.interface_parts import UNSET_MAC, InterfaceMac
from .devices.order import settle_order
from .disks import settle_disks
from .lines import number_lines, pair_console
from .metadata import settle_metadata
from .root import Domain
from .seat import settle_seat


def apply_defaults(
    domain: Domain, *, uuid: str, macs: Iterator[str], genid: str = "", arch: str = ""
) -> None:
    """Fill in what `domain` leaves out; what it says stays. Pure apart from `domain`.

    `uuid` and `genid` are used when the document has none but wants one, `macs` gives an
    address for each interface without one, and `arch` is the architecture where the
    document names none ("" leaves that to the hypervisor). On return: UUID, memory, vcpu,
    threads, clock, the lifecycle actions, controllers' indexes, MAC addresses and the first
    console are set.
    """
    walk.defaults("domain", domain)
    domain.os.type.arch = domain.os.type.arch or arch or None
    domain.devices.controllers = settle_order(domain.devices.controllers)
    settle_identity(domain, uuid, genid or uuid)
    settle_memory(domain)
    settle_iothreads(domain)
    settle_processors(domain)
    settle_boot(domain)
    if domain.clock is None:
        domain.clock = Clock(offset="utc")
    domain.on_poweroff = domain.on_poweroff or "destroy"
    domain.on_reboot = domain.on_reboot or "restart"
    domain.on_crash = domain.on_crash or "destroy"
    if domain.on_lockfailure == "default":
        domain.on_lockfailure = None
    _drop_empty(domain)
    settle_metadata(domain)
    settle_disks(domain)
    for interface in domain.devices.interfaces:
        _mac(interface, macs)
        _switch_port(interface, domain.uuid or uuid)
    number_lines(domain.devices)
    if domain.os.type.kind in (None, "hvm"):
        pair_console(domain.devices)
    settle_seat(domain)


_MAY_BE_EMPTY = (
    "blkiotune", "memtune", "memory_backing", "iothreadids", "cputune", "resource", "features",
    "cpu", "pm", "perf",
)  # fmt: skip


def _drop_empty(domain: Domain) -> None:
    """An element that says nothing is as none."""
    for name in _MAY_BE_EMPTY:
        element = getattr(domain, name)
        if element is not None and says_nothing(element):
            setattr(domain, name, None)


def _mac(interface: Interface, macs: Iterator[str]) -> None:
    interface.mac = interface.mac or InterfaceMac()
    if interface.mac.address == UNSET_MAC:
        interface.mac.address = next(macs)


def _switch_port(interface: Interface, domain_uuid: str) -> None:
    """A switch tells ports apart by an identifier; it follows from the guest and the card."""
    port = interface.virtualport
    if port is None or interface.mac is None:
        return
    for name in made_parameters(port.type):
        port.parameters = port.parameters or VirtualPortParameters()
        if getattr(port.parameters, name) is None:
            made = uuid5(UUID(domain_uuid), f"{interface.mac.address} {name}")
            setattr(port.parameters, name, str(made))
