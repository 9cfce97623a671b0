"""The product's own steps, in the order in which its agent takes them. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from virtbus.errors import Unsupported
from virtbus.model.documents import document
from virtbus.model.domain import (
    Domain,
    apply_defaults,
    check_domain,
    format_domain,
    parse_domain,
    settle_devices,
)
from virtbus.model.network.update import update_network
from virtbus_qemu.translate import CommandLine, check, complete, prepare, translate

from .environment import ARCHITECTURE, UUID, Environment, generated_macs
from .host import run_directory, runtime_of, settle_vsock


def define_generic(text: bytes) -> Domain:
    """A document as every hypervisor takes it."""
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=generated_macs(), arch=ARCHITECTURE)
    settle_devices(domain)
    check_domain(domain)
    return domain


def define(text: bytes, environment: Environment) -> Domain:
    """A document as the qemu-agent keeps it; an error here is a refusal to define."""
    domain = parse_domain(text)
    apply_defaults(domain, uuid=UUID, macs=generated_macs())
    domain.id = None
    caps = environment.caps
    if domain.devices.emulator not in (None, caps.emulator):
        raise Unsupported("no such emulator on this host", feature=domain.devices.emulator)
    complete(domain, caps, new=environment.abi_update, firmware=environment.firmware)
    check(domain, caps)
    check_domain(domain)
    return domain


def write(domain: Domain, *, inactive: bool = True) -> str:
    """The document as it is given out, with its secrets."""
    return format_domain(domain, inactive=inactive, with_secrets=True)


def start(domain: Domain, environment: Environment) -> CommandLine:
    """The command line; an error here is a refusal to start."""
    prepared = prepare(
        domain, environment.caps, run_directory(domain), firmware=environment.firmware
    )
    settle_vsock(prepared.domain)
    return translate(prepared.domain, environment.caps, runtime_of(prepared, environment))


def read_document(kind: str, text: bytes) -> Any:
    """Any other document, as virtbus takes it; an error here is a refusal."""
    return document(kind).read(text)


def read_volume(text: bytes, pool: bytes, *, capacity_needed: bool) -> Any:
    """A volume as a pool of that document takes it."""
    from virtbus.model.storage.volume import complete_volume

    kind = document("volume")
    volume = kind.parse(text)
    where = document("pool").read(pool)
    complete_volume(volume, pool_type=where.type, capacity_needed=capacity_needed)
    kind.check(volume)
    return volume


def write_document(kind: str, element: Any, *, inactive: bool) -> str:
    """The document as it is given out, with its secrets."""
    return document(kind).format(element, inactive=inactive, with_secrets=True)


def change_network(network: Any, section: str, command: str, fragment: str, index: int) -> Any:
    """A network with one entry changed; an error here is a refusal."""
    return update_network(network, section, command, fragment, index=index)
