"""Devices of s390: channel devices and their groups, subchannels, crypto adapters."""

from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import (
    Child,
    Children,
    Element,
    Name,
    Needed,
    NeededValue,
    Section,
    Text,
    Value,
)
from ..engine.values import Hex
from .base import Capability, CcwAddress, MdevTypes

State = Literal["online", "offline"]


class GroupMembership(Element, kw_only=True):
    """<capability> of a channel device: the group it is of."""

    type: Needed[Literal["ccwgroup_member"]] = "ccwgroup_member"
    group_device: NeededValue[str]


class CcwDevice(Capability, kw_only=True):
    """A channel device."""

    type: Needed[Literal["ccw"]] = "ccw"
    state: Value[State] = None
    cssid: NeededValue[Annotated[int, Hex(0xFE, 1)]]
    ssid: NeededValue[Annotated[int, Hex(3, 1)]]
    devno: NeededValue[Annotated[int, Hex(0xFFFF, 4)]]
    group: Annotated[Child[GroupMembership], Name("capability")] = None


class Subchannel(Capability, kw_only=True):
    """A subchannel, and the channel device behind it."""

    type: Needed[Literal["css"]] = "css"
    cssid: NeededValue[Annotated[int, Hex(0xFE, 1)]]
    ssid: NeededValue[Annotated[int, Hex(3, 1)]]
    devno: NeededValue[Annotated[int, Hex(0xFFFF, 4)]]
    channel_dev_addr: Child[CcwAddress] = None
    mdev_types: Annotated[Child[MdevTypes], Name("capability")] = None


class GroupMember(Element, kw_only=True):
    """<ccw_device>: what a group has it for, and its name."""

    ref: Needed[str]
    device: Text[str] = None


class GroupMembers(Element):
    """<members>."""

    devices: Annotated[Children[GroupMember], Name("ccw_device")] = field(default_factory=list)


class Qeth(Element, kw_only=True):
    """<capability> of a group: the network card it makes."""

    type: Needed[Literal["qeth_generic", "qeth_layer2", "qeth_layer3"]]
    card_type: NeededValue[str]
    chpid: NeededValue[str]


class CcwGroup(Capability, kw_only=True):
    """Several channel devices that make one."""

    type: Needed[Literal["ccwgroup"]] = "ccwgroup"
    state: Value[State] = None
    cssid: NeededValue[Annotated[int, Hex(0xFE, 1)]]
    ssid: NeededValue[Annotated[int, Hex(3, 1)]]
    devno: NeededValue[Annotated[int, Hex(0xFFFF, 4)]]
    members: Child[GroupMembers] = None
    card: Annotated[Section[Qeth], Name("capability")]


class CryptoCard(Capability, kw_only=True):
    """A crypto adapter."""

    type: Needed[Literal["ap_card"]] = "ap_card"
    adapter: Annotated[NeededValue[Annotated[int, Hex(0xFF, 2)]], Name("ap-adapter")]


class CryptoQueue(Capability, kw_only=True):
    """One domain of a crypto adapter."""

    type: Needed[Literal["ap_queue"]] = "ap_queue"
    adapter: Annotated[NeededValue[Annotated[int, Hex(0xFF, 2)]], Name("ap-adapter")]
    domain: Annotated[NeededValue[Annotated[int, Hex(0xFF, 4)]], Name("ap-domain")]


class CryptoMatrix(Capability, kw_only=True):
    """The crypto adapters and domains that can be given to guests."""

    type: Needed[Literal["ap_matrix"]] = "ap_matrix"
    mdev_types: Annotated[Child[MdevTypes], Name("capability")] = None
