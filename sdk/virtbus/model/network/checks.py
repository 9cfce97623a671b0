"""What in a network contradicts, across its elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..net.subnet import same_network
from .forward import ROUTED, ForwardMode

if TYPE_CHECKING:
    from .root import Network


def network_problems(network: Network) -> Iterator[str]:
    """All that does not fit, in words."""
    if not network.name or "/" in network.name:
        yield "the name must not be empty nor contain '/'"
    if "\n" in (network.title or ""):
        yield "the title must be one line"
    if network.virtualport and network.virtualport.type is None:
        yield "<virtualport> needs a 'type'"
    yield from _bandwidths(network)
    yield from _gateways(network)
    mode = network.forward.mode if network.forward else None
    if mode in ("nat", "route") and not network.ips:
        yield f"forward mode '{mode}' needs an <ip>"
    if mode not in ROUTED:
        yield from _without_own_bridge(network, mode)


def _bandwidths(network: Network) -> Iterator[str]:
    """Classes and guaranteed rates are of a guest's port, not of a whole network."""
    for bandwidth in (network.bandwidth, *(group.bandwidth for group in network.portgroups)):
        if bandwidth is None:
            continue
        if bandwidth.class_id is not None:
            yield "<bandwidth> takes no 'classID' here"
        if bandwidth.inbound and bandwidth.inbound.floor is not None:
            yield "<bandwidth> takes no 'floor' here"


def _gateways(network: Network) -> Iterator[str]:
    for route in network.routes:
        if not any(
            same_network(route.gateway, ip.address, ip.prefix_bits)
            for ip in network.ips
            if ip.prefix_bits is not None
        ):
            yield f"gateway '{route.gateway}' is in no network of an <ip>"


def _without_own_bridge(network: Network, mode: ForwardMode | None) -> Iterator[str]:
    """What only a bridge that the host makes can have."""
    bridge, forward = network.bridge, network.forward
    if network.mtu:
        yield f"<mtu> does not go with forward mode '{mode}'"
    if bridge is None or forward is None:
        return
    for name in ("stp", "delay_s", "zone"):
        if getattr(bridge, name) is not None:
            yield f"<bridge> takes no '{name.removesuffix('_s')}' with forward mode '{mode}'"
    if mode != "bridge":
        if bridge.name is not None or bridge.mac_table_manager is not None:
            yield f"<bridge> does not go with forward mode '{mode}'"
    elif bridge.name is not None and (forward.interfaces or forward.addresses or forward.pf):
        yield "give either a bridge's name or devices to forward to"
