"""The types of the attributes of rules."""

from __future__ import annotations

import socket
from typing import Annotated, TypeAlias

from .values import Comment, IpAddress, IpMask, MacAddress, MacMask, Number, Switch
from .words import IpSetFlags, IpSetName, States, TcpFlags

ETHERTYPES = {"arp": 0x806, "rarp": 0x8035, "ipv4": 0x800, "ipv6": 0x86DD, "vlan": 0x8100}
IP_PROTOCOLS = {
    "tcp": 6, "udp": 17, "udplite": 136, "esp": 50, "ah": 51, "icmp": 1, "igmp": 2, "sctp": 132,
    "icmpv6": 58,
}  # fmt: skip
ARP_OPCODES = {
    "Request": 1, "Reply": 2, "Request_Reverse": 3, "Reply_Reverse": 4, "DRARP_Request": 5,
    "DRARP_Reply": 6, "DRARP_Error": 7, "InARP_Request": 8, "ARP_NAK": 9,
}  # fmt: skip

UInt8: TypeAlias = Annotated[str, Number(0xFF)]
UInt16: TypeAlias = Annotated[str, Number(0xFFFF)]
UInt32: TypeAlias = Annotated[str, Number(0xFFFFFFFF)]
Decimal16: TypeAlias = Annotated[str, Number(0xFFFF, hexadecimal=False)]
VlanId: TypeAlias = Annotated[str, Number(4095)]
Dscp: TypeAlias = Annotated[str, Number(63)]
EtherType: TypeAlias = Annotated[str, Number(0xFFFF, low=0x600, names=ETHERTYPES)]
Encapsulated: TypeAlias = Annotated[str, Number(0xFFFF, low=0x3C, names=ETHERTYPES)]
IpProtocol: TypeAlias = Annotated[str, Number(0xFF, names=IP_PROTOCOLS)]
ArpOpcode: TypeAlias = Annotated[str, Number(0xFFFF, names=ARP_OPCODES, always_decimal=True)]
Mac: TypeAlias = Annotated[str, MacAddress()]
MacBits: TypeAlias = Annotated[str, MacMask()]
Ipv4: TypeAlias = Annotated[str, IpAddress(socket.AF_INET)]
Ipv4Mask: TypeAlias = Annotated[str, IpMask(socket.AF_INET)]
Ipv6: TypeAlias = Annotated[str, IpAddress(socket.AF_INET6)]
Ipv6Mask: TypeAlias = Annotated[str, IpMask(socket.AF_INET6)]
Truth: TypeAlias = Annotated[str, Switch()]
CommentText: TypeAlias = Annotated[str, Comment()]
State: TypeAlias = Annotated[str, States(("NEW", "ESTABLISHED", "RELATED", "INVALID"))]
Flags: TypeAlias = Annotated[
    str, TcpFlags(("FIN", "SYN", "RST", "PSH", "ACK", "URG"), all_of="ALL")
]
IpSet: TypeAlias = Annotated[str, IpSetName()]
IpSetDirections: TypeAlias = Annotated[str, IpSetFlags()]
