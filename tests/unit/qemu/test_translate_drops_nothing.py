"""No property is silently dropped: it changes the command line, is refused, or is listed here."""

from __future__ import annotations

import copy
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from tests.unit.qemu.translate_caps import CAPS, started
from tests.unit.qemu.translate_documents import ACCEPTED
from virtbus.errors import RequestError
from virtbus.model.domain import Domain, apply_defaults, parse_domain
from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.table import Field, table_of
from virtbus.model.engine.walk import elements
from virtbus_qemu.translate import CommandLine, complete
from virtbus_qemu.translate.unsupported import refuse_not_on_host

EVERYTHING = Path(__file__).parents[1] / "model/data/domain/everything.xml"

WITHOUT_EFFECT = {
    # Refused beside another value of its element before it comes to a command line.
    "Clock.basis", "Loader.format", "Nvram.template_format", "Timer.frequency_hz",
    "Timer.tickpolicy", "Timer.track",
    # What people and applications note.
    "Domain.title", "Domain.description", "Domain.metadata",
    # True of a running guest only, and settled anew at each start.
    "Domain.id", "Console.tty", "ChannelTarget.state",
    "StorageSource.index", "Listen.from_config",
    "CharacterDevice.alias", "Controller.alias", "Disk.alias",
    "Input.alias", "Interface.alias",
    "MemBalloon.alias", "Rng.alias", "Video.alias", "Watchdog.alias",
    # A console's place in the list.
    "ConsoleTarget.port",
    # How a CPU is chosen and checked; exact and unchecked is what QEMU does.
    "Cpu.match", "Cpu.check", "CpuModel.fallback",
    # The value in the everything document says what is the case anyway.
    "Input.model", "Listen.address", "VideoModel.ram_kib", "VideoModel.vgamem_kib",
    "CharacterSource.mode", "CharacterSource.tls", "DiskDriver.copy_on_read", "Loader.readonly",
    "Loader.secure", "Loader.stateless", "Memory.dump_core", "Nvram.format",
    "VideoModel.vram64_kib",
    # Another attribute settles it: an automatic port, the first <listen>, a disabled ROM.
    "VncGraphics.port", "VncGraphics.autoport", "VncGraphics.listen_address",
    "VncGraphics.socket", "Rom.file", "Rom.bar",
    # The type of a disk says which attribute names its source; libvirt drops the others.
    "StorageSource.dev",
    # For snapshots of a running guest; where a tray is, the guest says.
    "Disk.snapshot", "DiskTarget.tray",
    # Left out of the definition already, where the device's type has no use for it.
    "CharacterBackend.protocol", "CharacterSource.append", "CharacterSource.channel",
    "CharacterSource.host", "Interface.source", "Interface.target",
    # For devices on a channel subsystem.
    "BootOrder.loadparm",
    # Only for the making of a file that is missing, without which QEMU does not start.
    "Nvram.template",
    # Words of other hypervisors, that libvirt's QEMU driver passes over too.
    "Features.pae", "InterfaceMac.type", "InterfaceMac.check", "Timer.catchup",
}  # fmt: skip


def key_of(cls: type[Element], name: str) -> str:
    owner = next(c for c in reversed(cls.__mro__) if name in c.__dict__)
    return f"{owner.__name__}.{name}"


def samples() -> dict[str, list[Any]]:
    """Values of each property, from the document that has one of each."""
    found = defaultdict(list)
    for _, element in elements("domain", parse_domain(EVERYTHING.read_text(encoding="utf-8"))):
        for field in table_of(type(element)).fields:
            value = getattr(element, field.name)
            if value not in (None, []) and not (value is False and field.kind is Kind.FLAG):
                found[key_of(type(element), field.name)].append(value)
    return found


def outcome(domain: Domain) -> tuple[CommandLine, str] | None:
    """The command line without its document, and what no host is made ready for; or refused."""
    try:
        line = started(domain)
    except RequestError:
        return None
    try:
        refuse_not_on_host(domain)
    except RequestError as error:
        return msgspec.structs.replace(line, domain=None), str(error)
    return msgspec.structs.replace(line, domain=None), ""


def matters(domain: Domain, element: Element, field: Field, value: Any, base: Any) -> bool:
    """Whether the command line is another one, or refused, when the property has that value."""
    before = getattr(element, field.name)
    setattr(element, field.name, copy.deepcopy(value))
    try:
        return bool(outcome(domain) != base)
    finally:
        setattr(element, field.name, before)


def test_no_property_is_silently_dropped() -> None:
    values = samples()
    matter: dict[str, bool] = {}
    for text in ACCEPTED.values():
        domain = parse_domain(text.replace("{dir}", "/d"))
        apply_defaults(domain, uuid="", macs=iter(()))
        complete(domain, CAPS)
        base = outcome(domain)
        assert base is not None
        for _, element in list(elements("domain", domain)):
            for field in table_of(type(element)).fields:
                key = key_of(type(element), field.name)
                now = getattr(element, field.name)
                for value in [] if matter.get(key) else [v for v in values[key] if v != now]:
                    if isinstance(value, Element) and not isinstance(value, field.element):
                        continue  # of another kind of device
                    matter[key] = matters(domain, element, field, value, base)
    assert len(matter) > 150
    assert sorted(key for key, value in matter.items() if not value) == sorted(WITHOUT_EFFECT)
