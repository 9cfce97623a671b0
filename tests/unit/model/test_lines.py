"""Serial ports, consoles and channels: what is filled in, dropped and refused."""

from __future__ import annotations

import pytest

from virtbus.model.domain import (
    Domain,
    apply_defaults,
    domain_problems,
    format_domain,
    parse_domain,
)

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
SERIAL = "<serial type='pty'><target port='0'/></serial>"
CONSOLE = "<console type='pty'><target type='serial' port='0'/></console>"


def domain(devices: str, kind: str = "hvm") -> Domain:
    return parse_domain(
        f"<domain type='qemu'><name>a</name><memory>65536</memory><os><type>{kind}</type></os>"
        f"<devices>{devices}</devices></domain>"
    )


def settled(devices: str, kind: str = "hvm") -> str:
    """The devices as they are written after the defaults, in one line."""
    found = domain(devices, kind)
    apply_defaults(found, uuid=UUID, macs=iter(()))
    lines = [line.strip() for line in format_domain(found).splitlines()]
    return "".join(lines[lines.index("<devices>") + 1 : lines.index("</devices>")])


@pytest.mark.parametrize(
    "given, written",
    [
        ("<serial type='pty'/>", SERIAL + CONSOLE),
        ("<console type='pty'/>", SERIAL + CONSOLE),
        (SERIAL + CONSOLE, SERIAL + CONSOLE),
        (
            "<serial type='null'/><console type='pty'/>",
            (
                "<serial type='null'><target port='0'/></serial>"
                "<console type='null'><target type='serial' port='0'/></console>"
            ),
        ),
        (
            "<serial type='pty'/><console type='pty'><target type='virtio'/></console>",
            SERIAL + CONSOLE + "<console type='pty'><target type='virtio' port='1'/></console>",
        ),
        (
            "<serial type='pty'><target type='usb-serial'/></serial>",
            "<serial type='pty'><target type='usb-serial' port='0'/></serial>",
        ),
        (
            (
                "<parallel type='pty'/><parallel type='pty'><target port='4'/></parallel>"
                "<parallel type='pty'/>"
            ),
            (
                "<parallel type='pty'><target port='5'/></parallel>"
                "<parallel type='pty'><target port='4'/></parallel>"
                "<parallel type='pty'><target port='6'/></parallel>"
            ),
        ),
        (
            "<parallel type='tcp'><source host='h' service='1' path='/p'/></parallel>",
            (
                "<parallel type='tcp'><source mode='connect' host='h' service='1'/>"
                "<protocol type='raw'/><target port='0'/></parallel>"
            ),
        ),
        (
            (
                "<parallel type='udp'><source host='h' service='1'/>"
                "<source mode='bind' service='2'/></parallel>"
            ),
            (
                "<parallel type='udp'><source mode='bind' service='2'/>"
                "<source mode='connect' host='h' service='1'/><target port='0'/></parallel>"
            ),
        ),
        (
            "<parallel type='stdio'><source path='/p'/><protocol type='telnet'/><log/></parallel>",
            "<parallel type='stdio'><target port='0'/></parallel>",
        ),
    ],
)
def test_what_counts_is_kept_and_completed(given: str, written: str) -> None:
    assert settled(given) == written
    assert settled(written) == written


def test_a_container_has_its_console_alone() -> None:
    assert settled("<console type='pty'/>", "exe") == CONSOLE


@pytest.mark.parametrize(
    "given, reason",
    [
        ("<serial type='file'/>", "needs a source with 'path'"),
        ("<serial type='tcp'><source service='1'/></serial>", "needs a source with 'host'"),
        ("<serial type='udp'><source mode='bind' service='1'/></serial>", "connect to"),
        ("<serial type='unix'/>", "needs a source with 'path'"),
        ("<serial type='pty'><source/><source/></serial>", "has one source"),
        (
            (
                "<serial type='unix'><source mode='bind' path='/p'>"
                "<reconnect enabled='yes' timeout='1'/></source></serial>"
            ),
            "connect again",
        ),
        ("<serial type='spicevmc'/>", "for channels of type 'virtio'"),
        ("<serial type='spiceport'><source channel='a b'/></serial>", "no name of a channel"),
        ("<channel type='pty'/>", "needs a target"),
        ("<channel type='pty'><target type='guestfwd'/></channel>", "'address' and 'port'"),
        ("<console type='pty'/><console type='pty'/>", "only the first console"),
        (
            "<serial type='pty'><target type='isa-serial' port='1'/></serial>" * 2,
            "have the same number",
        ),
        ("<tpm><backend type='external'/></tpm>", "source of type 'unix'"),
        (
            (
                "<tpm><backend type='emulator'>"
                "<active_pcr_banks><sha1/></active_pcr_banks></backend></tpm>"
            ),
            "needs version 2.0",
        ),
        ("<vsock><cid address='2'/></vsock>", "3 or more"),
        ("<smartcard mode='host-certificates'/>", "needs 3 certificates"),
        ("<smartcard mode='passthrough'/>", "needs a 'type'"),
        ("<rng model='virtio'><backend model='egd'/></rng>", "needs a 'type'"),
    ],
)
def test_what_contradicts_is_named(given: str, reason: str) -> None:
    assert any(reason in problem.reason for problem in domain_problems(domain(given)))
