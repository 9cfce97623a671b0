"""Networks, their ports and filters, host interfaces: what is filled in, changed, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtbus.errors import InvalidArgument, InvalidDocument, Unsupported
from virtbus.model.documents import document
from virtbus.model.network import NETWORK, apply_network_defaults
from virtbus.model.network.update import update_network
from virtbus.model.nwfilter import FILTER, apply_filter_defaults

DATA = Path(__file__).parent / "data"
UUID = "c9a4d6f0-3f0e-4a55-8e0b-1d2c3b4a5f99"
ROUTED = "<ip address='10.0.0.1' prefix='24'/>"

REFUSED = [
    ("network", "<name>a/b</name>", 1, "network", "must not be empty nor contain"),
    ("network", "<name>a</name>\n<forward mode='nat'/>", 1, "network", "needs an <ip>"),
    ("network", "<name>a</name>\n<forward mode='open' dev='e0'/>", 2, "forward", "no device"),
    ("network", "<name>a</name>\n<forward mode='tunnel'/>", 2, "forward", "'mode'"),
    (
        "network",
        f"<name>a</name>{ROUTED}\n<forward mode='route'><nat/></forward>",
        2,
        "forward",
        "is for mode 'nat'",
    ),
    (
        "network",
        "<name>a</name><forward mode='bridge'/>\n<bridge name='b' stp='on'/>",
        1,
        "network",
        "no 'stp'",
    ),
    ("network", "<name>a</name>\n<ip address='10.0.0.300'/>", 2, "ip", "'address'"),
    ("network", "<name>a</name>\n<ip address='2001:db8::1'/>", 2, "ip", "not of family 'ipv4'"),
    (
        "network",
        (
            "<name>a</name>\n<ip address='10.0.0.1' prefix='24'><dhcp>"
            "<range start='10.0.0.9' end='10.0.1.9'/></dhcp></ip>"
        ),
        2,
        "ip",
        "not within network",
    ),
    (
        "network",
        (
            "<name>a</name>\n<ip address='10.0.0.1' prefix='24'><dhcp>"
            "<range start='10.0.0.0' end='10.0.0.9'/></dhcp></ip>"
        ),
        2,
        "ip",
        "begins with the address of network",
    ),
    (
        "network",
        (
            "<name>a</name>\n<ip address='10.0.0.1' prefix='24'><dhcp>"
            "<host mac='52:54:00:00:00:01'/></dhcp></ip>"
        ),
        2,
        "ip",
        "needs an 'ip'",
    ),
    (
        "network",
        f"<name>a</name>{ROUTED}\n<route address='10.9.0.0' prefix='16' gateway='10.1.0.1'/>",
        1,
        "network",
        "in no network",
    ),
    (
        "network",
        "<name>a</name>\n<dns enable='no'><txt name='a' value='b'/></dns>",
        2,
        "dns",
        "takes no records",
    ),
    (
        "network",
        "<name>a</name>\n<vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>",
        2,
        "vlan",
        "need trunk='yes'",
    ),
    ("network", "<name>a</name>\n<mac address='01:00:5e:00:00:01'/>", 2, "mac", "multicast"),
    ("network-port", f"<uuid>{UUID}</uuid>", 1, "networkport", "'owner' is missing"),
    (
        "network-port",
        (
            f"<uuid>{UUID}</uuid><owner><name>a</name><uuid>{UUID}</uuid></owner>"
            "<mac address='52:54:00:00:00:01'/>\n<plug type='direct'/>"
        ),
        2,
        "plug",
        "needs a 'dev'",
    ),
    ("filter", "\n<rule action='drop' direction='up'/>", 2, "rule", "'direction'"),
    (
        "filter",
        "\n<rule action='drop' direction='in'>\n<tcp dscp='64'/></rule>",
        3,
        "tcp",
        "'dscp': 64 is not within",
    ),
    (
        "filter",
        "\n<rule action='drop' direction='in'><ip srcportstart='1'/></rule>",
        2,
        "rule",
        "needs the protocol",
    ),
    (
        "filter",
        "\n<rule action='drop' direction='in'><mac srcmacmask='ff:0:ff:0:0:0'/></rule>",
        2,
        "mac",
        "ones, then zeros",
    ),
    (
        "filter",
        "\n<rule action='drop' direction='in'><all srcipaddr='$A[@1001]'/></rule>",
        2,
        "all",
        "at most 1000",
    ),
]

ROOTS = {
    "network": "<network>{}</network>",
    "network-port": "<networkport>{}</networkport>",
    "filter": "<filter name='f'>{}</filter>",
}


@pytest.mark.parametrize("kind, body, line, element, reason", REFUSED)
def test_what_is_wrong_is_refused_by_line_and_element(
    kind: str, body: str, line: int, element: str, reason: str
) -> None:
    with pytest.raises(InvalidDocument) as caught:
        document(kind).read(ROOTS[kind].format(body))
    assert reason in str(caught.value)
    assert caught.value.details["line"] == line
    assert str(caught.value.details["element"]).split("/")[-1] == element


@pytest.mark.parametrize(
    "attributes, reason",
    [
        ("chain='rooty'", "neither root nor"),
        ("chain='ipv4-rather-long'", "at most 12"),
        ("chain='ipv4' priority='1001'", "not within -1000..1000"),
    ],
)
def test_chains_are_of_known_kinds(attributes: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        FILTER.read(f"<filter name='f' {attributes}/>")


@pytest.mark.parametrize(
    "body, reason",
    [
        ("<interface type='bridge' name='b'/>", "needs a <bridge>"),
        (
            (
                "<interface type='bond' name='b'><bond><interface type='bond' name='c'><bond/>"
                "</interface></bond></interface>"
            ),
            "cannot be made of",
        ),
        ("<interface type='ethernet' name='e'><mtu size='100001'/></interface>", "more than"),
    ],
)
def test_interfaces_are_made_of_what_they_can_be(body: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        document("interface").read(body)


def test_a_network_says_what_libvirt_would_settle() -> None:
    network = NETWORK.parse(f"<network><name>a</name><forward dev='e0'/>{ROUTED}</network>")
    apply_network_defaults(network, uuid=UUID)
    text = NETWORK.format(network)
    assert f"<uuid>{UUID}</uuid>" in text
    assert "<forward dev='e0' mode='nat'>\n    <interface dev='e0'/>" in text
    assert "<bridge stp='on' delay='0'/>" in text


def test_a_definition_has_nothing_of_the_running_network() -> None:
    text = (DATA / "network/functions.xml").read_text(encoding="utf-8")
    network = NETWORK.parse(text)
    assert "<address" in NETWORK.format(network)
    assert "<address" not in NETWORK.format(network, inactive=True)
    routed = NETWORK.parse((DATA / "network/routed.xml").read_text(encoding="utf-8"))
    assert "connections" not in NETWORK.format(routed, inactive=True)


@pytest.mark.parametrize(
    "given, written",
    [
        (
            "<ah match='no' srcipaddr='$IP[ 2 ]' srcipmask='255.255.0.0'/><udp/>",
            "<ah match='no' srcipaddr='$IP[2]' srcipmask='16'/>",
        ),
        (
            (
                "<tcp flags='syn ack/SYN' state='established,new' comment='one'/>"
                "<tcp match='no' dscp='0x2' comment='two'/>"
            ),
            (
                "<tcp state='NEW,ESTABLISHED' flags='SYN,ACK/SYN'/>"
                "<tcp match='no' dscp='0x2' comment='two'/>"
            ),
        ),
        ("<ip protocol='0x11' dstportstart='0x43'/>", "<ip protocol='udp' dstportstart='0x43'/>"),
        ("<mac protocolid='2054'/>", "<mac protocolid='arp'/>"),
        (
            "<arp opcode='0x2' gratuitous='1' srcmacaddr='$MAC[@0]'/>",
            "<arp srcmacaddr='$MAC' opcode='Reply' gratuitous='true'/>",
        ),
        ("<udp ipset='s'/>", "<udp ipset='s' ipsetflags='src'/>"),
        ("<esp/><esp match='no'/>", "<esp/>"),
    ],
)
def test_rules_are_written_as_libvirt_keeps_them(given: str, written: str) -> None:
    filter_ = FILTER.read(
        f"<filter name='f'><rule action='drop' direction='in' priority='9999'>{given}</rule>"
        "<filterref filter='g'/><rule action='accept' direction='in'/></filter>"
    )
    apply_filter_defaults(filter_, uuid=UUID)
    lines = [line.strip() for line in FILTER.format(filter_).splitlines()]
    assert lines[2] == "<rule action='drop' direction='in' priority='500'>"
    end = lines.index("</rule>")
    assert "".join(lines[3:end]) == written
    assert lines[end + 1 : end + 3] == [
        "<filterref filter='g'/>",
        "<rule action='accept' direction='in' priority='500'/>",
    ]


def test_an_entry_is_changed_in_a_copy() -> None:
    network = NETWORK.read((DATA / "network/routed.xml").read_text(encoding="utf-8"))
    before = NETWORK.format(network)
    host = "<host mac='52:54:00:00:00:77' ip='10.14.3.77'/>"
    added = update_network(network, "ip-dhcp-host", "add-first", host)
    assert added.ips[0].dhcp is not None
    assert [h.ip for h in added.ips[0].dhcp.hosts] == ["10.14.3.77", "10.14.3.20"]
    gone = update_network(added, "ip-dhcp-host", "delete", "<host mac='52:54:0:0:0:77'/>", index=0)
    assert NETWORK.format(gone) == before == NETWORK.format(network)
    device = "<interface dev='enp9s0'/>"
    first = update_network(network, "forward-interface", "add-first", device)
    assert first.forward is not None
    assert (first.forward.dev, len(first.forward.interfaces)) == ("enp9s0", 2)


@pytest.mark.parametrize(
    "section, command, fragment, reason",
    [
        ("dns-host", "delete", "<host ip='10.14.3.9'/>", "no such entry"),
        ("dns-host", "add-last", "<host ip='10.14.3.9'/>", "needs an 'ip' and a <hostname>"),
        ("dns-txt", "add-last", "<txt name='owner' value='x'/>", "such an entry already"),
        ("forward-interface", "delete", "<interface dev='enp3s0'/>", "used by 3 guests"),
        ("ip-dhcp-range", "add-last", "<range start='10.0.0.1' end='10.0.0.2'/>", "not within"),
        ("ip-dhcp-host", "modify", "<host name='b' ip='2001:db8::9'/>", "not of the family"),
        ("routes", "delete", "<route/>", "'routes' is none of"),
        ("dns-txt", "change", "<txt/>", "'change' is none of"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(
    section: str, command: str, fragment: str, reason: str
) -> None:
    network = NETWORK.read((DATA / "network/routed.xml").read_text(encoding="utf-8"))
    before = NETWORK.format(network)
    with pytest.raises(InvalidArgument, match=reason):
        update_network(network, section, command, fragment)
    assert NETWORK.format(network) == before


def test_what_cannot_be_changed_alone_is_named() -> None:
    network = NETWORK.read((DATA / "network/routed.xml").read_text(encoding="utf-8"))
    with pytest.raises(Unsupported, match="modify of section 'dns-srv'"):
        update_network(network, "dns-srv", "modify", "<srv/>")
    with pytest.raises(Unsupported, match="delete of section 'bridge'"):
        update_network(network, "bridge", "delete", "<bridge/>")
    with pytest.raises(InvalidDocument, match="expected a <txt> document"):
        update_network(network, "dns-txt", "delete", "<text/>")
