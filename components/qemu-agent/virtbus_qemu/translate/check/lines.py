"""Lines between guest and host, and what they are attached to."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import CcidAddress
from virtbus.model.domain.devices.character import Serial
from virtbus.model.domain.devices.character_source import CharacterBackend, CharacterType
from virtbus.model.domain.devices.smartcard import Smartcard

from ..machine import Board
from ..words import invalid, unsupported

_TYPE_OF_MODEL = {
    "isa-serial": "isa-serial",
    "usb-serial": "usb-serial",
    "pci-serial": "pci-serial",
    "spapr-vty": "spapr-vio-serial",
    "pl011": "system-serial",
    "16550a": "system-serial",
    "sclpconsole": "sclp-serial",
    "sclplmconsole": "sclp-serial",
    "isa-debugcon": "isa-debug",
}
_ADDRESS_OF_TYPE = {
    "isa-serial": "isa",
    "isa-debug": "isa",
    "usb-serial": "usb",
    "pci-serial": "pci",
    "spapr-vio-serial": "spapr-vio",
    "system-serial": None,
    "sclp-serial": None,
}
_CARD_DEVICES = {"passthrough": "ccid-card-passthru"}
_CONSOLES = {"sclp": "sclpconsole", "sclplm": "sclplmconsole"}


def check_lines(domain: Domain, board: Board) -> None:
    """Refuse the first line that cannot be had."""
    devices = domain.devices
    for serial in devices.serials:
        check_line(domain, board, serial.type, serial)
        _serial(serial, board)
    for parallel in devices.parallels:
        check_line(domain, board, parallel.type, parallel)
        if board.s390 or board.pseries:
            raise unsupported("parallel", "a parallel port on this machine", parallel.line)
    for channel in devices.channels:
        check_line(domain, board, channel.type, channel)
    for console in devices.consoles:
        kind = console.target.type if console.target else None
        if kind in _CONSOLES and not board.caps.has_device(_CONSOLES[kind]):
            raise unsupported("console", f"type '{kind}' with this emulator", console.line)
        if kind not in ("virtio", "serial", *_CONSOLES):
            raise unsupported("console/target", f"type '{kind}'", console.line)
        check_line(domain, board, console.type, console)
    for card in devices.smartcards:
        _smartcard(card, domain, board)
    for redirdev in devices.redirdevs:
        check_line(domain, board, redirdev.type, redirdev)
        if not board.caps.has_device("usb-redir"):
            raise unsupported("redirdev", "with this emulator", redirdev.line)


def check_line(domain: Domain, board: Board, kind: CharacterType, line: CharacterBackend) -> None:
    """Refuse a line that QEMU cannot have."""
    protocol = (line.protocol.type if line.protocol else None) or "raw"
    if protocol not in ("raw", "telnet"):
        raise unsupported("protocol", f"'{protocol}'", line.line)
    again = line.source.reconnect if line.source else None
    if again and again.enabled and again.timeout_s == 0:
        raise invalid("source/reconnect", "the 'timeout' must be more than 0", again.line)
    if kind == "qemu-vdagent" and not board.caps.has("chardev-qemu-vdagent"):
        raise unsupported("source", "type 'qemu-vdagent' with this emulator", line.line)
    has_spice = any(screen.type == "spice" for screen in domain.devices.graphics)
    if kind in ("spicevmc", "spiceport") and not has_spice:
        raise unsupported("source", f"type '{kind}' without SPICE graphics", line.line)
    if kind == "nmdm":
        raise unsupported("source", "type 'nmdm'", line.line)


def _serial(serial: Serial, board: Board) -> None:
    kind = serial.target.type if serial.target else None
    model = serial.target.model.name if serial.target and serial.target.model else None
    if kind is not None and serial.address is not None:
        expected = _ADDRESS_OF_TYPE[kind]
        if serial.address.type != expected:
            place = f"an address of type '{expected}'" if expected else "no address"
            raise unsupported("serial", f"type '{kind}' with other than {place}", serial.line)
    if model is not None and _TYPE_OF_MODEL[model] != kind:
        raise unsupported("serial/target/model", f"'{model}' for type '{kind}'", serial.line)
    fits = (
        (model != "pl011" or board.arm_virt)
        and (model != "16550a" or board.loongarch_virt or board.riscv_virt)
        and (kind != "spapr-vio-serial" or board.pseries)
        and (kind != "sclp-serial" or board.s390)
    )
    if not fits:
        raise unsupported("serial/target", f"type '{kind}' on this machine", serial.line)


def _smartcard(card: Smartcard, domain: Domain, board: Board) -> None:
    place = card.address
    first = isinstance(place, CcidAddress) and (place.controller, place.slot) == (0, 0)
    if len(domain.devices.smartcards) > 1 or not first:
        raise unsupported("smartcard", "a second smartcard", card.line)
    if not board.caps.has_device(_CARD_DEVICES.get(card.mode, "ccid-card-emulated")):
        raise unsupported("smartcard", f"mode '{card.mode}' with this emulator", card.line)
    if card.type is not None:
        check_line(domain, board, card.type, card)
