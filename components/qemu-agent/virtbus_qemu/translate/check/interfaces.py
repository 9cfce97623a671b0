"""Network interfaces: what QEMU cannot do with a card or its host's end."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface import Interface
from virtbus.model.net.addresses import family_of

from ..machine import Board
from ..words import invalid, unsupported
from .disks import shares_memory

_WITH_MTU = ("network", "bridge", "ethernet", "vhostuser")
_WITH_COALESCE = ("network", "bridge")
_CARDS = ("virtio-net-pci", "virtio-net-ccw", "virtio-net-device")
_VIRTIO_ONLY = ("vdpa", "vhostuser")


def check_interfaces(domain: Domain, board: Board) -> None:
    """Refuse the first interface that cannot be had."""
    for nic in domain.devices.interfaces:
        _source(nic, domain, board)
        _card(nic, board)
        _addresses(nic)
        _teaming(nic)
        if nic.mtu and nic.type not in _WITH_MTU and not (nic.type == "user" and nic.is_passt):
            raise unsupported("interface/mtu", f"for type '{nic.type}'", nic.line)
        if nic.coalesce and nic.type not in _WITH_COALESCE:
            raise unsupported("interface/coalesce", f"for type '{nic.type}'", nic.line)


def _source(nic: Interface, domain: Domain, board: Board) -> None:
    caps, source = board.caps, nic.source
    if nic.type == "vdpa" and not caps.has("netdev-vhost-vdpa"):
        raise unsupported("interface", "type 'vdpa' with this emulator", nic.line)
    if nic.is_passt and not caps.has("netdev-stream"):
        raise unsupported("interface/backend", "'passt' with this emulator", nic.line)
    if nic.type == "user" and not nic.is_passt and not caps.has("netdev-user"):
        raise unsupported("interface", "type 'user' with this emulator", nic.line)
    if nic.type == "vhostuser":
        if not nic.is_passt and not (source and source.path):
            raise invalid("interface/source", "a 'path' is missing", nic.line)
        again = source.reconnect if source else None
        if source and source.mode == "server" and again and again.enabled:
            raise unsupported("interface/source", "'reconnect' of a server", nic.line)
        if not shares_memory(domain):
            raise unsupported("interface", "type 'vhostuser' without shared memory", nic.line)


def _card(nic: Interface, board: Board) -> None:
    if not nic.is_virtio:
        if nic.type in _VIRTIO_ONLY:
            model = nic.model.type if nic.model else None
            raise unsupported("interface/model", f"'{model}' for type '{nic.type}'", nic.line)
        return
    driver = nic.driver
    if driver is None:
        return
    for name in ("rx_queue_packets", "tx_queue_packets"):
        packets = getattr(driver, name)
        if packets and packets & (packets - 1):
            xml = name.replace("packets", "size")
            raise invalid("interface/driver", f"{xml} must be a power of two", driver.line)
    asked = driver.rss is not None or driver.rss_hash_report is not None
    if asked and not any(board.caps.has_property(card, "rss") for card in _CARDS):
        raise unsupported("interface/driver", "'rss' with this emulator", driver.line)


def _addresses(nic: Interface) -> None:
    """The guest's addresses, which QEMU's own network or passt hands out."""
    if nic.routes:
        raise unsupported("interface/route", "a route of the guest's end", nic.line)
    if not nic.ips:
        return
    if nic.type != "user" and not (nic.type == "vhostuser" and nic.is_passt):
        raise unsupported("interface/ip", f"for type '{nic.type}'", nic.line)
    families = [family_of(ip.address) for ip in nic.ips]
    if len(set(families)) < len(families):
        raise unsupported("interface/ip", "a second address of one family", nic.line)
    for ip, family in zip(nic.ips, families, strict=True):
        if ip.peer:
            raise unsupported("interface/ip", "'peer'", ip.line)
        if family == "ipv4" and ip.prefix and not 4 <= ip.prefix <= 27:
            raise invalid("interface/ip", "the prefix must be within 4..27", ip.line)
        if family == "ipv6" and ip.prefix and ip.prefix != 64:
            raise unsupported("interface/ip", f"prefix '{ip.prefix}' of IPv6", ip.line)


def _teaming(nic: Interface) -> None:
    if nic.teaming is None:
        return
    if nic.teaming.type == "persistent" and not nic.is_virtio:
        raise unsupported("interface/teaming", "type 'persistent' of no virtio card", nic.line)
    if nic.teaming.type == "transient" and nic.type not in ("hostdev", "network"):
        raise unsupported("interface/teaming", f"for type '{nic.type}'", nic.line)
