"""The protocols above IP, of both versions: <tcp> to <all>, <tcp-ipv6> to <all-ipv6>."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ..engine.declare import Attr, Name
from .match import Match
from .network import MASKS_OF_IPS
from .types import (
    CommentText,
    Decimal16,
    Dscp,
    Flags,
    IpSet,
    IpSetDirections,
    Ipv4,
    Ipv4Mask,
    Ipv6,
    Ipv6Mask,
    Mac,
    State,
    UInt8,
    UInt16,
)

IP_FOLLOWS = {**MASKS_OF_IPS, "srcipto": "srcipfrom", "dstipto": "dstipfrom"}
PORT_FOLLOWS = {
    **IP_FOLLOWS,
    "srcportend": "srcportstart",
    "dstportstart": "srcportstart",
    "dstportend": "srcportstart",
}
"""With libvirt the source's first port decides for the destination's ports too."""


class OverIp(Match):
    """Addresses, ranges of addresses and state of a connection over IPv4."""

    FOLLOWS: ClassVar[dict[str, str]] = IP_FOLLOWS

    srcmacaddr: Attr[Mac] = None
    srcipaddr: Attr[Ipv4] = None
    srcipmask: Attr[Ipv4Mask] = None
    dstipaddr: Attr[Ipv4] = None
    dstipmask: Attr[Ipv4Mask] = None
    srcipfrom: Attr[Ipv4] = None
    srcipto: Attr[Ipv4] = None
    dstipfrom: Attr[Ipv4] = None
    dstipto: Attr[Ipv4] = None
    dscp: Attr[Dscp] = None
    connlimit_above: Annotated[Attr[Decimal16], Name("connlimit-above")] = None
    state: Attr[State] = None
    ipset: Attr[IpSet] = None
    ipsetflags: Attr[IpSetDirections] = None


class OverIpv6(OverIp):
    """The same over IPv6."""

    srcipaddr: Attr[Ipv6] = None
    srcipmask: Attr[Ipv6Mask] = None
    dstipaddr: Attr[Ipv6] = None
    dstipmask: Attr[Ipv6Mask] = None
    srcipfrom: Attr[Ipv6] = None
    srcipto: Attr[Ipv6] = None
    dstipfrom: Attr[Ipv6] = None
    dstipto: Attr[Ipv6] = None


class PortsOverIp(OverIp):
    """With ranges of ports."""

    FOLLOWS: ClassVar[dict[str, str]] = PORT_FOLLOWS

    srcportstart: Attr[UInt16] = None
    srcportend: Attr[UInt16] = None
    dstportstart: Attr[UInt16] = None
    dstportend: Attr[UInt16] = None


class PortsOverIpv6(OverIpv6):
    """With ranges of ports."""

    FOLLOWS: ClassVar[dict[str, str]] = PORT_FOLLOWS

    srcportstart: Attr[UInt16] = None
    srcportend: Attr[UInt16] = None
    dstportstart: Attr[UInt16] = None
    dstportend: Attr[UInt16] = None


class TcpMatch(PortsOverIp):
    """<tcp>; `flags` as mask/set, such as SYN,ACK/SYN."""

    TAG = "tcp"

    option: Attr[UInt8] = None
    flags: Attr[Flags] = None
    comment: Attr[CommentText] = None


class TcpIpv6Match(PortsOverIpv6):
    """<tcp-ipv6>."""

    TAG = "tcp-ipv6"

    option: Attr[UInt8] = None
    comment: Attr[CommentText] = None


class UdpMatch(PortsOverIp):
    """<udp>."""

    TAG = "udp"

    comment: Attr[CommentText] = None


class UdpIpv6Match(PortsOverIpv6):
    """<udp-ipv6>."""

    TAG = "udp-ipv6"

    comment: Attr[CommentText] = None


class SctpMatch(PortsOverIp):
    """<sctp>."""

    TAG = "sctp"

    comment: Attr[CommentText] = None


class SctpIpv6Match(PortsOverIpv6):
    """<sctp-ipv6>."""

    TAG = "sctp-ipv6"

    comment: Attr[CommentText] = None


class UdpLiteMatch(OverIp):
    """<udplite>."""

    TAG = "udplite"

    comment: Attr[CommentText] = None


class UdpLiteIpv6Match(OverIpv6):
    """<udplite-ipv6>."""

    TAG = "udplite-ipv6"

    comment: Attr[CommentText] = None


class EspMatch(OverIp):
    """<esp>."""

    TAG = "esp"

    comment: Attr[CommentText] = None


class EspIpv6Match(OverIpv6):
    """<esp-ipv6>."""

    TAG = "esp-ipv6"

    comment: Attr[CommentText] = None


class AhMatch(OverIp):
    """<ah>."""

    TAG = "ah"

    comment: Attr[CommentText] = None


class AhIpv6Match(OverIpv6):
    """<ah-ipv6>."""

    TAG = "ah-ipv6"

    comment: Attr[CommentText] = None


class AllMatch(OverIp):
    """<all>: whatever is carried."""

    TAG = "all"

    comment: Attr[CommentText] = None


class AllIpv6Match(OverIpv6):
    """<all-ipv6>: whatever is carried."""

    TAG = "all-ipv6"

    comment: Attr[CommentText] = None


class IcmpMatch(OverIp):
    """<icmp>."""

    TAG = "icmp"
    FOLLOWS: ClassVar[dict[str, str]] = {**IP_FOLLOWS, "code": "type"}

    type: Attr[UInt8] = None
    code: Attr[UInt8] = None
    comment: Attr[CommentText] = None


class Icmpv6Match(OverIpv6):
    """<icmpv6>."""

    TAG = "icmpv6"
    FOLLOWS: ClassVar[dict[str, str]] = {**IP_FOLLOWS, "code": "type"}

    type: Attr[UInt8] = None
    code: Attr[UInt8] = None
    comment: Attr[CommentText] = None


class IgmpMatch(OverIp):
    """<igmp>."""

    TAG = "igmp"

    comment: Attr[CommentText] = None
