"""Defaults across serial ports, parallel ports and consoles: their numbers, and the first pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..engine.walk import copy_of
from .devices import Devices
from .devices.character import (
    Console,
    ConsoleTarget,
    ParallelTarget,
    Serial,
    SerialTarget,
)

ISA_PORTS = 4
_STANDS_FOR_CONSOLE = (
    None,
    "isa-serial",
    "spapr-vio-serial",
    "system-serial",
    "sclp-serial",
)
"""A first serial port of these types is the console, too."""


def number_lines(devices: Devices) -> None:
    """Give each port its number; a console's is its place in the list."""
    for serial in devices.serials:
        serial.target = serial.target or SerialTarget()
    for parallel in devices.parallels:
        parallel.target = parallel.target or ParallelTarget()
    _isa_ports([s.target for s in devices.serials if s.target])
    _next_ports([s.target for s in devices.serials if s.target])
    _next_ports([p.target for p in devices.parallels if p.target])
    _number_consoles(devices.consoles)


def _isa_ports(targets: list[SerialTarget]) -> None:
    """An ISA port without a number gets the lowest that is free."""
    isa = [t for t in targets if t.type == "isa-serial"]
    used = {t.port for t in isa}
    for target in isa:
        if target.port is None:
            target.port = next((n for n in range(ISA_PORTS) if n not in used), None)
            used.add(target.port)


def _next_ports(targets: Sequence[SerialTarget | ParallelTarget]) -> None:
    """Any other port without a number gets the next after the highest."""
    for target in targets:
        if target.port is None:
            target.port = max((t.port for t in targets if t.port is not None), default=-1) + 1


def _number_consoles(consoles: list[Console]) -> None:
    for number, console in enumerate(consoles):
        console.target = console.target or ConsoleTarget()
        console.target.type = console.target.type or "serial"
        console.target.port = number


def pair_console(devices: Devices) -> None:
    """The first serial port and the first console are one line, written twice.

    For fully virtualized machines; expects ports to be numbered.
    """
    consoles, serials = devices.consoles, devices.serials
    first = consoles[0] if consoles else None
    if first is not None and _target_type(first) == "serial":
        if not serials:
            serials.append(_serial_of(first))
    elif serials and _target_type(serials[0]) in _STANDS_FOR_CONSOLE:
        consoles.insert(0, Console())
    _number_consoles(consoles)
    mirror_console(devices)


def mirror_console(devices: Devices) -> None:
    """Write the first console anew, where it is another name of the first serial port."""
    if devices.consoles and devices.serials and _target_type(devices.consoles[0]) == "serial":
        devices.consoles[0] = console_of(devices.serials[0])


def line_problems(devices: Devices) -> Iterator[str]:
    """Consoles and ISA ports that cannot be together. Expects nothing to be settled."""
    for console in devices.consoles[1:]:
        if _target_type(console) in (None, "serial"):
            yield "only the first console can be a serial port"
    isa = [s.target for s in devices.serials if s.target and s.target.type == "isa-serial"]
    used = [target.port for target in isa if target.port is not None]
    if len(isa) > ISA_PORTS or any(port >= ISA_PORTS for port in used):
        yield f"a machine has {ISA_PORTS} ISA serial ports"
    elif len(set(used)) < len(used):
        yield "two ISA serial ports have the same number"


def _target_type(line: Serial | Console) -> str | None:
    return line.target.type if line.target else None


def _serial_of(console: Console) -> Serial:
    line = copy_of(console)
    return Serial(
        type=line.type,
        sources=line.sources,
        protocol=line.protocol,
        log=line.log,
        target=SerialTarget(port=0),
        alias=line.alias,
        acpi=line.acpi,
        address=line.address,
    )


def console_of(serial: Serial) -> Console:
    """The console that stands for the first serial port."""
    line = copy_of(serial)
    return Console(
        type=line.type,
        tty=line.source.path if line.source and line.type == "pty" else None,
        sources=line.sources,
        protocol=line.protocol,
        log=line.log,
        target=ConsoleTarget(type="serial", port=line.target.port if line.target else 0),
        alias=line.alias,
        acpi=line.acpi,
        address=line.address,
    )
