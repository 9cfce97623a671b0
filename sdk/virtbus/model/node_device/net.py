"""Network interfaces of the host."""

from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, NeededValue, Value
from ..interface import HostLink
from .base import Capability

Offload: TypeAlias = Literal[
    "rx", "tx", "sg", "tso", "gso", "gro", "lro", "rxvlan", "txvlan", "ntuple", "rxhash", "rdma",
    "txudptnl", "switchdev",
]  # fmt: skip
_ORDER = {name: place for place, name in enumerate(get_args(Offload))}


class NetFeature(Element, kw_only=True):
    """<feature>: work that the interface does for the processor."""

    name: Needed[Offload]


class NetStandard(Element, kw_only=True):
    """<capability> of an interface: wired (IEEE 802.3) or wireless (802.11)."""

    type: Needed[Literal["80203", "80211"]]


class NetDevice(Capability, kw_only=True):
    """A network interface."""

    type: Needed[Literal["net"]] = "net"
    interface: NeededValue[str]
    address: Value[str] = None
    link: Child[HostLink] = None
    features: Annotated[Children[NetFeature], Name("feature")] = field(default_factory=list)
    standard: Annotated[Child[NetStandard], Name("capability")] = None

    def defaults(self) -> None:
        """Features once each, in their order."""
        by_name = {feature.name: feature for feature in self.features}
        self.features = sorted(by_name.values(), key=lambda feature: _ORDER[feature.name])
