"""What an <interface> consists of, beside its source: card, driver, backend, limits."""

from typing import Annotated, Literal, Self

from msgspec import field

from ...engine.declare import LIVE, Attr, Child, Children, Element, Name, Needed, Value
from ...engine.values import Mac, OnOff, UInt, ULong, YesNo
from ...net.addresses import IpAddress

GENERATED_PREFIXES = ("vnet", "vif", "macvtap", "macvlan")
"""A target device so named was made at start and is no part of the definition."""
UNSET_MAC = "00:00:00:00:00:00"

_KNOWN_MODELS = {
    name.lower(): name
    for name in (
        "netfront", "rtl8139", "virtio", "e1000", "e1000e", "igb", "virtio-transitional",
        "virtio-non-transitional", "usb-net", "spapr-vlan", "lan9118", "scm91c111", "vlance",
        "vmxnet", "vmxnet2", "vmxnet3", "Am79C970A", "Am79C973", "82540EM", "82545EM", "82543GC",
    )
}  # fmt: skip
_MODEL_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")


class InterfaceMac(Element):
    """<mac>; an address of zeros asks for one to be made."""

    address: Needed[Mac] = UNSET_MAC
    type: Attr[Literal["generated", "static"]] = None
    check: Attr[YesNo] = None
    current_address: Annotated[Attr[Mac], Name("currentAddress"), LIVE] = None


class InterfaceTarget(Element):
    """<target>: the host's end of the cable."""

    MAY_BE_EMPTY = False

    dev: Attr[str] = None
    managed: Attr[YesNo] = None

    def inactive(self) -> Self | None:
        """A host device made at start goes."""
        if self.managed is False or not (self.dev or "").startswith(GENERATED_PREFIXES):
            return self
        return None if self.managed is None else type(self)(managed=self.managed)


class InterfaceGuest(Element):
    """<guest>: the name of the card within a container."""

    MAY_BE_EMPTY = False

    dev: Attr[str] = None
    actual: Attr[str] = None


class _ModelText:
    """A card's name: libvirt's own in its own letters, any other of letters, digits, _ and -."""

    def parse(self, raw: str) -> str:
        known = _KNOWN_MODELS.get(raw.lower())
        if known is None and not _MODEL_LETTERS.issuperset(raw):
            raise ValueError(f"'{raw[:60]}' is no name of a card")
        return known or raw

    format = parse


class InterfaceModel(Element):
    """<model>: the card the guest sees."""

    MAY_BE_EMPTY = False

    type: Attr[Annotated[str, _ModelText()]] = None


class HostOffload(Element):
    """<host>: what the host may leave to the guest, or do in its place."""

    MAY_BE_EMPTY = False

    csum: Attr[OnOff] = None
    gso: Attr[OnOff] = None
    tso4: Attr[OnOff] = None
    tso6: Attr[OnOff] = None
    ecn: Attr[OnOff] = None
    ufo: Attr[OnOff] = None
    mrg_rxbuf: Attr[OnOff] = None


class GuestOffload(Element):
    """<guest>: what the guest may leave to the host."""

    MAY_BE_EMPTY = False

    csum: Attr[OnOff] = None
    tso4: Attr[OnOff] = None
    tso6: Attr[OnOff] = None
    ecn: Attr[OnOff] = None
    ufo: Attr[OnOff] = None


class InterfaceDriver(Element):
    """<driver>: how packets pass between guest and host.

    `name` is "qemu" or "vhost"; of a host's card that is handed over, the host's driver for
    it ("vfio", "kvm", "xen"), with `model` a variant of that.
    """

    MAY_BE_EMPTY = False

    name: Attr[str] = None
    model: Attr[str] = None
    txmode: Attr[Literal["iothread", "timer"]] = None
    ioeventfd: Attr[OnOff] = None
    event_idx: Attr[OnOff] = None
    queues: Attr[UInt] = None
    rx_queue_packets: Annotated[Attr[UInt], Name("rx_queue_size")] = None
    tx_queue_packets: Annotated[Attr[UInt], Name("tx_queue_size")] = None
    rss: Attr[OnOff] = None
    rss_hash_report: Attr[OnOff] = None
    iommu: Attr[OnOff] = None
    ats: Attr[OnOff] = None
    packed: Attr[OnOff] = None
    page_per_vq: Attr[OnOff] = None
    host: Child[HostOffload] = None
    guest: Child[GuestOffload] = None


class InterfaceBackend(Element):
    """<backend>: the program or devices that carry the packets."""

    MAY_BE_EMPTY = False

    type: Attr[Literal["default", "passt"]] = None
    tap: Attr[str] = None
    vhost: Attr[str] = None
    log_file: Annotated[Attr[str], Name("logFile")] = None


class PortRange(Element):
    """<range>: host ports, and the first of the guest's ports they lead to."""

    start: Attr[UInt] = None
    end: Attr[UInt] = None
    to: Attr[UInt] = None
    exclude: Attr[YesNo] = None


class PortForward(Element, kw_only=True):
    """<portForward>: connections to the host that are passed to the guest."""

    proto: Needed[Literal["tcp", "udp"]]
    address: Attr[IpAddress] = None
    dev: Attr[str] = None
    ranges: Annotated[Children[PortRange], Name("range")] = field(default_factory=list)


class Script(Element):
    """<script>, <downscript>: run when the host's end appears, or goes."""

    MAY_BE_EMPTY = False

    path: Attr[str] = None


class BackendDomain(Element):
    """<backenddomain>: the Xen domain that has the host's end."""

    MAY_BE_EMPTY = False

    name: Attr[str] = None


class Tune(Element):
    """<tune>."""

    MAY_BE_EMPTY = False

    sndbuf_bytes: Annotated[Value[ULong], Name("sndbuf")] = None


class Link(Element, kw_only=True):
    """<link>: whether the cable is in."""

    state: Needed[Literal["up", "down"]]


class Mtu(Element):
    """<mtu>: the largest packet in bytes."""

    MAY_BE_EMPTY = False

    size_bytes: Annotated[Attr[UInt], Name("size")] = None


class CoalesceFrames(Element):
    """<frames>: at most so many packets per interrupt."""

    max: Attr[UInt] = None


class CoalesceDirection(Element):
    """<rx>: packets that come in."""

    frames: Child[CoalesceFrames] = None


class Coalesce(Element):
    """<coalesce>: how many packets share an interrupt."""

    rx: Child[CoalesceDirection] = None

    def max_frames(self) -> int:
        """The number, 0 when there is none."""
        frames = self.rx.frames if self.rx else None
        return (frames.max if frames else None) or 0
