"""What a definition leaves out, filled in as libvirt does for every hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from ..engine import walk
from ..net.virtualport import VirtualPortParameters, made_parameters
from .clock import Clock
from .cpu import Vcpu
from .devices.interface import Interface
from .devices.interface_parts import UNSET_MAC, InterfaceMac
from .disks import settle_disks
from .lines import number_lines, pair_console
from .memory import CurrentMemory
from .root import Domain


def apply_defaults(domain: Domain, *, uuid: str, macs: Iterator[str]) -> None:
    """Fill in what `domain` leaves out; what it says stays. Pure apart from `domain`.

    `uuid` is used when the document has none, `macs` gives an address for each
    interface without one. On return: UUID, current memory, vcpu, clock, the
    lifecycle actions, disk addresses, MAC addresses and the first console are set.
    """
    walk.defaults(domain)
    if domain.uuid is None:
        domain.uuid = uuid
    if domain.current_memory is None:
        domain.current_memory = CurrentMemory(size_kib=domain.memory.size_kib)
    _processors(domain.vcpu)
    domain.clock = domain.clock or Clock()
    domain.clock.offset = domain.clock.offset or "utc"
    domain.on_poweroff = domain.on_poweroff or "destroy"
    domain.on_reboot = domain.on_reboot or "restart"
    domain.on_crash = domain.on_crash or "destroy"
    settle_disks(domain)
    for interface in domain.devices.interfaces:
        _mac(interface, macs)
        _switch_port(interface, domain.uuid)
    number_lines(domain.devices)
    if domain.os.type.kind in (None, "hvm"):
        pair_console(domain.devices)


def _processors(vcpu: Vcpu) -> None:
    vcpu.maximum = vcpu.maximum or 1
    vcpu.placement = vcpu.placement or "static"
    if vcpu.current == vcpu.maximum:
        vcpu.current = None


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
