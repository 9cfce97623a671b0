"""The protocols below IP: <mac>, <vlan>, <stp>, <arp>, <rarp>."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ..engine.declare import Attr, Name
from .match import Match
from .types import (
    ArpOpcode,
    CommentText,
    Encapsulated,
    EtherType,
    Ipv4,
    Ipv4Mask,
    Mac,
    MacBits,
    Truth,
    UInt8,
    UInt16,
    UInt32,
    VlanId,
)

MASKS_OF_MACS = {"srcmacmask": "srcmacaddr", "dstmacmask": "dstmacaddr"}


class Ethernet(Match):
    """Both addresses of a frame."""

    srcmacaddr: Attr[Mac] = None
    srcmacmask: Attr[MacBits] = None
    dstmacaddr: Attr[Mac] = None
    dstmacmask: Attr[MacBits] = None


class MacMatch(Ethernet):
    """<mac>: any frame."""

    TAG = "mac"
    FOLLOWS: ClassVar[dict[str, str]] = MASKS_OF_MACS

    protocolid: Attr[EtherType] = None
    comment: Attr[CommentText] = None


class VlanMatch(Ethernet):
    """<vlan>: frames of a VLAN."""

    TAG = "vlan"
    FOLLOWS: ClassVar[dict[str, str]] = MASKS_OF_MACS

    vlanid: Attr[VlanId] = None
    encap_protocol: Annotated[Attr[Encapsulated], Name("encap-protocol")] = None
    comment: Attr[CommentText] = None


class StpMatch(Match):
    """<stp>: the spanning tree protocol; `..._hi` is the upper end of a range."""

    TAG = "stp"
    FOLLOWS: ClassVar[dict[str, str]] = {
        "srcmacmask": "srcmacaddr",
        "root_priority_hi": "root_priority",
        "root_address_mask": "root_address",
        "root_cost_hi": "root_cost",
        "sender_priority_hi": "sender_priority",
        "sender_address_mask": "sender_address",
        "port_hi": "port",
        "age_hi": "age",
        "max_age_hi": "max_age",
        "hello_time_hi": "hello_time",
        "forward_delay_hi": "forward_delay",
    }

    srcmacaddr: Attr[Mac] = None
    srcmacmask: Attr[MacBits] = None
    type: Attr[UInt8] = None
    flags: Attr[UInt8] = None
    root_priority: Annotated[Attr[UInt16], Name("root-priority")] = None
    root_priority_hi: Annotated[Attr[UInt16], Name("root-priority-hi")] = None
    root_address: Annotated[Attr[Mac], Name("root-address")] = None
    root_address_mask: Annotated[Attr[MacBits], Name("root-address-mask")] = None
    root_cost: Annotated[Attr[UInt32], Name("root-cost")] = None
    root_cost_hi: Annotated[Attr[UInt32], Name("root-cost-hi")] = None
    sender_priority: Annotated[Attr[UInt16], Name("sender-priority")] = None
    sender_priority_hi: Annotated[Attr[UInt16], Name("sender-priority-hi")] = None
    sender_address: Annotated[Attr[Mac], Name("sender-address")] = None
    sender_address_mask: Annotated[Attr[MacBits], Name("sender-address-mask")] = None
    port: Attr[UInt16] = None
    port_hi: Annotated[Attr[UInt16], Name("port-hi")] = None
    age: Attr[UInt16] = None
    age_hi: Annotated[Attr[UInt16], Name("age-hi")] = None
    max_age: Annotated[Attr[UInt16], Name("max-age")] = None
    max_age_hi: Annotated[Attr[UInt16], Name("max-age-hi")] = None
    hello_time: Annotated[Attr[UInt16], Name("hello-time")] = None
    hello_time_hi: Annotated[Attr[UInt16], Name("hello-time-hi")] = None
    forward_delay: Annotated[Attr[UInt16], Name("forward-delay")] = None
    forward_delay_hi: Annotated[Attr[UInt16], Name("forward-delay-hi")] = None
    comment: Attr[CommentText] = None


class ArpMatch(Ethernet):
    """<arp>: address resolution."""

    TAG = "arp"

    hwtype: Attr[UInt16] = None
    protocoltype: Attr[UInt16] = None
    opcode: Attr[ArpOpcode] = None
    arpsrcmacaddr: Attr[Mac] = None
    arpdstmacaddr: Attr[Mac] = None
    arpsrcipaddr: Attr[Ipv4] = None
    arpsrcipmask: Attr[Ipv4Mask] = None
    arpdstipaddr: Attr[Ipv4] = None
    arpdstipmask: Attr[Ipv4Mask] = None
    gratuitous: Attr[Truth] = None
    comment: Attr[CommentText] = None


class RarpMatch(ArpMatch):
    """<rarp>: reverse address resolution."""

    TAG = "rarp"
