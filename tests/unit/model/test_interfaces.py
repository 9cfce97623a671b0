"""Interfaces: what is filled in, dropped and refused whatever the hypervisor."""

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
MAC = "52:54:00:00:00:01"


def domain(interface: str) -> Domain:
    return parse_domain(
        "<domain type='qemu'><name>a</name><memory>65536</memory><os><type>hvm</type></os>"
        f"<devices>{interface}</devices></domain>"
    )


def settled(interface: str) -> str:
    """The interface as it is written after the defaults, in one line, without its MAC."""
    found = domain(interface)
    apply_defaults(found, uuid=UUID, macs=iter([MAC] * 9))
    text = format_domain(found)
    lines = [line.strip() for line in text.splitlines()]
    start, end = lines.index("<devices>") + 1, lines.index("</devices>")
    return "".join(lines[start:end]).replace(f"<mac address='{MAC}'/>", "")


@pytest.mark.parametrize(
    "given, written",
    [
        ("<interface/>", "<interface type='user'></interface>"),
        (
            "<interface type='user'><mac address='00:00:00:00:00:00'/></interface>",
            "<interface type='user'></interface>",
        ),
        (
            "<interface type='bridge'><source bridge='b' network='n' dev='d'/></interface>",
            "<interface type='bridge'><source bridge='b'/></interface>",
        ),
        (
            "<interface type='direct'><source dev='eth0'/></interface>",
            "<interface type='direct'><source dev='eth0' mode='vepa'/></interface>",
        ),
        (
            "<interface type='user'><model type='E1000'/><driver queues='4'/></interface>",
            "<interface type='user'><model type='e1000'/></interface>",
        ),
        (
            "<interface type='user'><model type='virtio'/><driver queues='1'/></interface>",
            "<interface type='user'><model type='virtio'/></interface>",
        ),
        (
            (
                "<interface type='user'><ip address='FE80::1'/><ip address='10.0.0.1' prefix='0'/>"
                "</interface>"
            ),
            (
                "<interface type='user'><ip address='fe80::1' family='ipv6'/>"
                "<ip address='10.0.0.1' family='ipv4'/></interface>"
            ),
        ),
        (
            (
                "<interface type='bridge'><source bridge='b'/>"
                "<vlan><tag id='1'/><tag id='2'/></vlan></interface>"
            ),
            (
                "<interface type='bridge'><source bridge='b'/><vlan trunk='yes'><tag id='1'/>"
                "<tag id='2'/></vlan></interface>"
            ),
        ),
        (
            (
                "<interface type='bridge'><source bridge='b'/><filterref filter='f'>"
                "<parameter name='B' value='2'/><parameter name='A' value='1'/>"
                "<parameter name='C' value='no spaces'/></filterref></interface>"
            ),
            (
                "<interface type='bridge'><source bridge='b'/><filterref filter='f'>"
                "<parameter name='A' value='1'/><parameter name='B' value='2'/></filterref>"
                "</interface>"
            ),
        ),
        (
            "<interface type='user'><filterref filter='f'/><mtu/><target/></interface>",
            "<interface type='user'></interface>",
        ),
    ],
)
def test_what_counts_is_kept_and_completed(given: str, written: str) -> None:
    assert settled(given) == written
    assert settled(written) == written


def test_the_port_of_a_switch_keeps_its_identifier() -> None:
    port = (
        "<interface type='bridge'><source bridge='b'/><virtualport type='openvswitch'/></interface>"
    )
    first = settled(port)
    assert "interfaceid='" in first
    assert settled(port) == first


@pytest.mark.parametrize(
    "given, reason",
    [
        ("<interface type='network'/>", "needs a source with 'network'"),
        ("<interface type='udp'><source address='a' port='1'/></interface>", "'local'"),
        ("<interface type='hostdev'><source/></interface>", "needs a source with an address"),
        (
            ("<interface type='bridge'><source bridge='b'/>"
            "<virtualport type='802.1Qbh'/></interface>"),
            "lacks 'profileid'",
        ),
        ("<interface><virtualport type='openvswitch'/></interface>", "takes no virtualport"),
        (
            ("<interface type='network'><source network='n'/><virtualport type='openvswitch'>"
            "<parameters managerid='1'/></virtualport></interface>"),
            "'managerid' does not belong",
        ),
        ("<interface><port isolated='yes'/></interface>", "cannot be isolated"),
        ("<interface><target managed='no' dev='t'/></interface>", "for type 'ethernet'"),
        ("<interface><teaming type='transient'/></interface>", "alias of the persistent card"),
        (("<interface><backend type='passt'/><portForward proto='tcp'><range to='1'/>"
         "</portForward></interface>"), "needs a 'start'"),
        ("<interface><portForward proto='tcp'/></interface>", "needs backend 'passt'"),
        ("<interface><source dev='eth0'/></interface>", "needs backend 'passt'"),
        ("<interface><vlan/></interface>", "at least one <tag>"),
        ("<interface><bandwidth><inbound peak='1'/></bandwidth></interface>", "an average"),
        ("<interface><model type='e1000'/><driver packed='on'/></interface>", "for virtio cards"),
        (
            ("<interface type='ethernet'><source><route address='10.0.0.1' prefix='8' "
            "gateway='10.0.0.2'/></source></interface>"),
            "not that of a network",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_is_named(given: str, reason: str) -> None:
    assert any(reason in problem.reason for problem in domain_problems(domain(given)))
