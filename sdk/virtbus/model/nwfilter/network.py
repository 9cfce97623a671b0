"""The IP protocols as the bridge sees them: <ip>, <ipv6>."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..engine.declare import Attr
from .link import Ethernet
from .types import (
    CommentText,
    Dscp,
    IpProtocol,
    Ipv4,
    Ipv4Mask,
    Ipv6,
    Ipv6Mask,
    UInt8,
    UInt16,
)

PORTS = ("srcportstart", "srcportend", "dstportstart", "dstportend")
WITH_PORTS = ("tcp", "udp", "sctp", "33", "0x21")
"""The protocols that have ports; number 33 is DCCP."""
MASKS_OF_IPS = {"srcipmask": "srcipaddr", "dstipmask": "dstipaddr"}


class IpHeader(Ethernet):
    """Addresses, protocol and ports of a packet."""

    srcipaddr: Attr[Ipv4] = None
    srcipmask: Attr[Ipv4Mask] = None
    dstipaddr: Attr[Ipv4] = None
    dstipmask: Attr[Ipv4Mask] = None
    protocol: Attr[IpProtocol] = None
    srcportstart: Attr[UInt16] = None
    srcportend: Attr[UInt16] = None
    dstportstart: Attr[UInt16] = None
    dstportend: Attr[UInt16] = None


class IpMatch(IpHeader):
    """<ip>."""

    TAG = "ip"
    FOLLOWS: ClassVar[dict[str, str]] = MASKS_OF_IPS

    dscp: Attr[Dscp] = None
    comment: Attr[CommentText] = None


class Ipv6Match(IpHeader):
    """<ipv6>."""

    TAG = "ipv6"
    FOLLOWS: ClassVar[dict[str, str]] = {
        **MASKS_OF_IPS,
        "typeend": "type",
        "code": "type",
        "codeend": "type",
    }

    srcipaddr: Attr[Ipv6] = None
    srcipmask: Attr[Ipv6Mask] = None
    dstipaddr: Attr[Ipv6] = None
    dstipmask: Attr[Ipv6Mask] = None
    type: Attr[UInt8] = None
    typeend: Attr[UInt8] = None
    code: Attr[UInt8] = None
    codeend: Attr[UInt8] = None
    comment: Attr[CommentText] = None


def port_problems(headers: list[IpHeader]) -> Iterator[str]:
    """Ports belong to a protocol that has them. `headers` are those of one rule."""
    if any(getattr(header, name) is not None for header in headers for name in PORTS):
        protocol = next((h.protocol for h in headers if h.protocol is not None), None)
        if protocol not in WITH_PORTS:
            yield "a rule with ports needs the protocol tcp, udp, dccp (33) or sctp"
