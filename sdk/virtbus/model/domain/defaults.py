"""What a definition leaves out, filled in as libvirt does for every hypervisor."""

from __future__ import annotations

from collections.abc import Iterator

from ..engine import walk
from .clock import Clock
from .cpu import Vcpu
from .devices.character import CharacterTarget, Console, Serial
from .devices.interface import Interface, InterfaceMac
from .disks import settle_disks
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
    _consoles(domain)


def _processors(vcpu: Vcpu) -> None:
    vcpu.maximum = vcpu.maximum or 1
    vcpu.placement = vcpu.placement or "static"
    if vcpu.current == vcpu.maximum:
        vcpu.current = None


def _mac(interface: Interface, macs: Iterator[str]) -> None:
    if interface.mac is None:
        interface.mac = InterfaceMac(address=next(macs))


def _consoles(domain: Domain) -> None:
    """The first serial port and the first console are one line, written twice."""
    devices = domain.devices
    for port, serial in enumerate(devices.serials):
        serial.target = serial.target or CharacterTarget()
        serial.target.port = port if serial.target.port is None else serial.target.port
    for port, console in enumerate(devices.consoles):
        console.target = console.target or CharacterTarget()
        console.target.type = console.target.type or "serial"
        console.target.port = port if console.target.port is None else console.target.port
    if domain.os.type.kind not in (None, "hvm"):
        return
    if devices.consoles and not devices.serials:
        first = devices.consoles[0]
        if first.target and first.target.type == "serial":
            devices.serials.append(_serial_of(first))
    elif devices.serials and not devices.consoles:
        devices.consoles.append(console_of(devices.serials[0]))


def _serial_of(console: Console) -> Serial:
    return Serial(
        type=console.type,
        sources=list(console.sources),
        protocol=console.protocol,
        log=console.log,
        target=CharacterTarget(port=0),
    )


def console_of(serial: Serial) -> Console:
    """The console that stands for the first serial port."""
    path = serial.source.path if serial.source and serial.type == "pty" else None
    return Console(
        type=serial.type,
        tty=path,
        sources=list(serial.sources),
        protocol=serial.protocol,
        log=serial.log,
        target=CharacterTarget(type="serial", port=0),
        alias=serial.alias,
    )
