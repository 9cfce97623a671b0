"""Serial and parallel ports, consoles and channels: what the guest sees of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.character import (
    Channel,
    ChannelTarget,
    CharacterDevice,
    Console,
    Serial,
)
from virtbus.model.domain.devices.character_source import CharacterSource
from virtbus.model.domain.lines import mirror_console

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..words import invalid, json_option, unsupported
from .chardevs import Lines
from .netdevs import netdev_option

VDAGENT_PORT = "com.redhat.spice.0"
_SCLP = {"sclp": "sclpconsole", "sclplm": "sclplmconsole"}
_BUILT_IN = ("pl011", "16550a", None)
"""Models of ports that are a part of their machine."""
_PTY = re.compile(r"pty:(/dev/pts/[0-9]{1,9})", re.ASCII)


def character_options(domain: Domain, lines: Lines, board: Board) -> Iterator[str]:
    """All lines of a guest, in the order libvirt has them."""
    devices = domain.devices
    for serial in devices.serials:
        if serial.type == "spiceport" and not any(g.type == "spice" for g in devices.graphics):
            continue  # without SPICE there is nothing to talk to
        yield from lines.options(alias_of(serial), serial.type, serial)
        yield from _serial(serial, board)
    for parallel in devices.parallels:
        alias = alias_of(parallel)
        yield from lines.options(alias, parallel.type, parallel, parallel=True)
        device = {"driver": "isa-parallel", "chardev": f"char{alias}", "id": alias}
        yield from ("-device", json_option(device))
    for channel in devices.channels:
        yield from lines.options(alias_of(channel), channel.type, channel)
        yield from _channel(channel, board, lines)
    for console in devices.consoles:
        yield from _console(console, board, lines)


def _serial(serial: Serial, board: Board) -> Iterator[str]:
    alias = alias_of(serial)
    target = serial.target
    model = target.model.name if target and target.model else None
    if model in _BUILT_IN:
        yield from ("-serial", f"chardev:char{alias}")
        return
    device = {
        "driver": model,
        "chardev": f"char{alias}",
        "id": alias,
        "index": target.port if target and model == "isa-serial" else None,
        **place_of(serial.address, board),
    }
    yield from ("-device", json_option(device))


def _channel(channel: Channel, board: Board, lines: Lines) -> Iterator[str]:
    target, alias = channel.target, alias_of(channel)
    match target.type if target else None:
        case "virtio":
            yield from ("-device", json_option(_virtio(channel, board)))
        case "guestfwd" if target is not None:
            to = f"tcp:{target.address}:{target.port}-chardev:char{alias}"
            netdev = {"type": "user", "guestfwd": [{"str": to}], "id": alias}
            yield from ("-netdev", netdev_option(netdev, lines.caps))
        case kind:
            raise unsupported("channel/target", f"type '{kind}'", channel.line)


def _console(console: Console, board: Board, lines: Lines) -> Iterator[str]:
    alias = alias_of(console)
    kind = console.target.type if console.target else None
    if kind == "serial":
        return  # another name of the first serial port
    if kind == "virtio":
        device = _virtio(console, board)
    elif kind in _SCLP:
        device = {"driver": _SCLP[kind], "chardev": f"char{alias}", "id": alias}
    else:
        raise unsupported("console/target", f"type '{kind}'", console.line)
    yield from lines.options(alias, console.type, console)
    yield from ("-device", json_option(device))


def _virtio(line: Channel | Console, board: Board) -> dict[str, Any]:
    if line.address is not None and line.address.type not in ("virtio-serial", "ccw"):
        raise invalid("address", "expected an address of type 'virtio-serial'", line.line)
    alias = alias_of(line)
    name = line.target.name if isinstance(line.target, ChannelTarget) else None
    if isinstance(line, Channel) and line.type == "spicevmc":
        name = name or VDAGENT_PORT
        if name != VDAGENT_PORT:
            raise invalid("target", f"the name must be '{VDAGENT_PORT}'", line.line)
    return {
        "driver": "virtserialport" if isinstance(line, Channel) else "virtconsole",
        **place_of(line.address, board),
        "chardev": f"char{alias}",
        "id": alias,
        "name": name,
    }


def set_ptys(domain: Domain, query_chardev: list[dict[str, Any]]) -> None:
    """Write into the live document which pty QEMU made for each line of type pty.

    `query_chardev` is the reply to that command; expects aliases to be assigned.
    """
    found = {}
    for chardev in query_chardev:
        match = _PTY.fullmatch(str(chardev.get("filename", "")))
        if match:
            found[str(chardev.get("label", ""))] = match[1]
    devices = domain.devices
    lines: list[CharacterDevice] = [
        *devices.serials, *devices.parallels, *devices.channels, *devices.consoles,
    ]  # fmt: skip
    for line in lines:
        path = found.get(f"char{alias_of(line)}")
        if line.type == "pty" and path:
            line.sources = [CharacterSource(path=path)]
    mirror_console(devices)
    for console in devices.consoles:
        port = console.target.port if console.target else None
        console.tty = console.source.path if console.source and port == 0 else None
