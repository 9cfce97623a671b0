"""Serial ports, consoles and channels: the host's end, and the guest's."""

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
from virtbus.model.domain.lines import console_of

from ..aliases import alias_of
from ..complete.characters import virtio_consoles
from ..machine import Board
from ..places import place_of
from ..refuse import refuse_set
from ..runtime import RuntimePaths
from ..words import invalid, json_option, keyed, unsupported

MAX_SOCKET_PATH_BYTES = 107
MAX_ISA_PORTS = 4
_ADDRESSING = ("mode", "host", "service", "tls", "channel")
_PTY = re.compile(r"pty:(/dev/pts/[0-9]{1,9})", re.ASCII)


def character_options(domain: Domain, runtime: RuntimePaths, board: Board) -> Iterator[str]:
    """All lines of a guest. Sockets without a path get one in the run directory."""
    devices = domain.devices
    for serial in devices.serials:
        yield from ("-chardev", _chardev(serial, runtime))
        yield from ("-device", json_option(_serial(serial)))
    for console in devices.consoles:
        target = console.target.type if console.target else None
        if target == "serial" and console is not devices.consoles[0]:
            raise unsupported("console", "a second one on a serial port", console.line)
        if target not in ("serial", "virtio"):
            raise unsupported("console/target", f"type '{target}'", console.line)
    ports: list[Channel | Console] = [*virtio_consoles(devices), *devices.channels]
    for line in ports:
        yield from ("-chardev", _chardev(line, runtime))
        yield from ("-device", json_option(_virtio(line, board)))


def _chardev(device: CharacterDevice, runtime: RuntimePaths) -> str:
    name = f"char{alias_of(device)}"
    log = device.log
    logging: dict[str, str | bool | None] = {
        "logfile": _absolute(log.file or "", "log") if log else None,
        "logappend": log.append if log else None,
    }
    if device.protocol is not None and device.type != "tcp":
        raise unsupported("protocol", f"of type '{device.type}'", device.line)
    match device.type:
        case "null" | "pty":
            refuse_set("source", device.source, *_ADDRESSING, "append")
            return keyed(device.type, id=name, **logging)
        case "file":
            source = _source(device)
            path = _absolute(source.path or "", "source")
            refuse_set("source", source, *_ADDRESSING)
            return keyed("file", id=name, path=path, append=source.append, **logging)
        case "unix":
            return keyed("socket", id=name, **_unix(device, runtime), **logging)
        case "tcp":
            return keyed("socket", id=name, **_tcp(device), **logging)
        case kind:
            raise unsupported("serial", f"type '{kind}'", device.line)


def _source(device: CharacterDevice) -> CharacterSource:
    if not device.sources:
        device.sources.append(CharacterSource())
    return device.sources[0]


def _absolute(path: str, element: str) -> str:
    if not path.startswith("/"):
        raise invalid(element, "expected an absolute path")
    return path


def _unix(device: CharacterDevice, runtime: RuntimePaths) -> dict[str, str | bool | None]:
    source = _source(device)
    refuse_set("source", source, "host", "service", "tls", "channel", "append")
    source.path = source.path or f"{runtime.directory}/{alias_of(device)}.sock"
    source.mode = source.mode or "bind"
    if len(source.path.encode()) > MAX_SOCKET_PATH_BYTES:
        raise invalid("source", f"a socket's path has at most {MAX_SOCKET_PATH_BYTES} bytes")
    path = _absolute(source.path, "source")
    server = {"server": True, "wait": False} if source.mode == "bind" else {}
    return {"path": path, **server}


def _tcp(device: CharacterDevice) -> dict[str, str | bool | None]:
    source = _source(device)
    refuse_set("source", source, "path", "channel", "append")
    if source.tls:
        raise unsupported("source", "'tls'", source.line)
    protocol = device.protocol.type if device.protocol else "raw"
    if protocol not in ("raw", "telnet"):
        raise unsupported("protocol", f"'{protocol}'", device.line)
    server = {"server": True, "wait": False} if source.mode == "bind" else {}
    return {
        "host": source.host or "127.0.0.1",
        "port": source.service or "",
        "telnet": True if protocol == "telnet" else None,
        **server,
    }


def _serial(serial: Serial) -> dict[str, Any]:
    target = serial.target
    kind = target.type if target else None
    if target is None or kind != "isa-serial":
        raise unsupported("serial/target", f"type '{kind}'", serial.line)
    if target.model is not None and target.model.name != "isa-serial":
        raise unsupported("serial/target/model", f"'{target.model.name}'", serial.line)
    if serial.address is not None:
        raise unsupported("serial", "'address'", serial.line)
    port = target.port or 0
    if port >= MAX_ISA_PORTS:
        raise invalid("serial/target", f"the machine has {MAX_ISA_PORTS} ports", serial.line)
    alias = alias_of(serial)
    return {"driver": "isa-serial", "chardev": f"char{alias}", "id": alias, "index": port}


def _virtio(line: Channel | Console, board: Board) -> dict[str, Any]:
    target = line.target
    if target is None or target.type != "virtio":
        kind = target.type if target else None
        raise unsupported("channel/target", f"type '{kind}'", line.line)
    if not alias_of(line).startswith("console"):
        refuse_set("channel/target", target, "port")
    place = place_of(line.address, board)  # a console without one is left to QEMU
    alias = alias_of(line)
    console = alias.startswith("console")
    return {
        "driver": "virtconsole" if console else "virtserialport",
        **place,
        "chardev": f"char{alias}",
        "id": alias,
        "name": target.name if isinstance(target, ChannelTarget) else None,
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
    for line in (*devices.serials, *virtio_consoles(devices), *devices.channels):
        path = found.get(f"char{alias_of(line)}")
        if line.type == "pty" and path:
            _source(line).path = path
    for number, console in enumerate(devices.consoles):
        if console.target and console.target.type == "serial" and devices.serials:
            devices.consoles[number] = console_of(devices.serials[0])
        elif console.type == "pty" and console.source is not None:
            console.tty = console.source.path
