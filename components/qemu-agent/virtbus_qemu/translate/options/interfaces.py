"""Network interfaces: what must be ready on the host, and the card the guest sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.character_source import CharacterSource
from virtbus.model.domain.devices.interface import Interface
from virtbus.model.domain.devices.interface_parts import HostOffload, InterfaceDriver

from ..aliases import alias_of
from ..machine import Board
from ..passed import set_words
from ..places import place_of, virtio_driver, virtio_options
from ..runtime import TapRequest
from ..words import QmpCommand, invalid, json_option, keyed, unsupported, word
from .chardevs import Lines
from .netdevs import PASST_RECONNECT_S, TAP_TYPES, netdev, netdev_option

VHOST_NET = "/dev/vhost-net"
_TX = {"iothread": "bh", "timer": "timer"}
_WITH_TAP = ("network", "bridge", "ethernet")
_ARM = ("armv6l", "armv7l", "aarch64")


def taps_needed(domain: Domain) -> list[TapRequest]:
    """The tap devices to open before a completed domain (with aliases) can start."""
    kvm = domain.type == "kvm"
    return [_tap(nic, kvm=kvm) for nic in domain.devices.interfaces if nic.type in TAP_TYPES]


def _tap(nic: Interface, *, kvm: bool) -> TapRequest:
    source = nic.source
    asked = nic.driver.name if nic.driver else None
    by_kernel = kvm and nic.is_virtio and asked != "qemu"
    vhost = (nic.backend.vhost if nic.backend else None) or VHOST_NET
    return TapRequest(
        alias=alias_of(nic),
        name=(nic.target.dev if nic.target else None) or "",
        bridge=(source.bridge if source and nic.type == "bridge" else None) or "",
        network=(source.network if source and nic.type == "network" else None) or "",
        link=(source.dev if source and nic.type == "direct" else None) or "",
        link_mode=(source.mode if source and nic.type == "direct" else None) or "",
        mtu_bytes=(nic.mtu.size_bytes if nic.mtu else None) or 0,
        queues=(nic.driver.queues if nic.driver else None) or 1,
        vhost=vhost if by_kernel else "",
        vhost_needed=asked == "vhost",
    )


def interface_options(
    nic: Interface, lines: Lines, board: Board, bootindex: int | None
) -> Iterator[str]:
    """-netdev and -device of one interface; a card handed over is a host device."""
    _check_host_end(nic)
    if nic.type == "hostdev":
        return
    alias, runtime = alias_of(nic), lines.runtime
    if nic.type == "vhostuser":
        yield from ("-chardev", _vhost_user(nic, lines))
    elif nic.type == "vdpa":
        yield from set_words(f"{alias}-vdpa", lines.sets, runtime)
    host = netdev(nic, runtime, lines.sets, board.caps)
    yield from ("-netdev", netdev_option(host, board.caps))
    if board.caps.arch in _ARM and _kind_of_place(nic) not in ("pci", "virtio-mmio"):
        yield from ("-net", _built_in(nic))
    else:
        yield from ("-device", json_option(_card(nic, board, bootindex)))


def _check_host_end(nic: Interface) -> None:
    """What is said of a tap is said of an interface that has one."""
    if nic.type in _WITH_TAP:
        return
    if nic.backend is not None and nic.backend.tap:
        raise unsupported("interface/backend", f"'tap' for type '{nic.type}'", nic.line)
    if nic.filterref is not None:
        raise unsupported("interface/filterref", f"for type '{nic.type}'", nic.line)


def _vhost_user(nic: Interface, lines: Lines) -> str:
    alias = alias_of(nic)
    if nic.is_passt:
        source = CharacterSource(mode="connect", path=lines.runtime.socket(alias))
        words = lines.unix(source)
        if lines.caps.has("chardev-reconnect-ms"):
            words["reconnect_ms"] = PASST_RECONNECT_S * 1000
        else:
            words["reconnect"] = PASST_RECONNECT_S
        return keyed("socket", id=f"char{alias}", **words)
    own = nic.source
    if own is None:
        raise invalid("interface", "a source is missing", nic.line)
    line = CharacterSource(path=own.path, reconnect=own.reconnect)
    line.mode = "bind" if own.mode == "server" else "connect"
    return keyed("socket", id=f"char{alias}", **lines.unix(line, wait=True))


def _kind_of_place(nic: Interface) -> str | None:
    return nic.address.type if nic.address else None


def _model(nic: Interface) -> str:
    return word((nic.model.type if nic.model else None) or "", "interface/model")


def _mac(nic: Interface) -> str:
    if nic.mac is None:
        raise invalid("interface", "a MAC address is missing", nic.line)
    return nic.mac.address


def _built_in(nic: Interface) -> str:
    """A card that is a part of its board."""
    alias = alias_of(nic)
    return keyed("nic", macaddr=_mac(nic), netdev=f"host{alias}", model=_model(nic), id=alias)


def _card(nic: Interface, board: Board, bootindex: int | None) -> dict[str, Any]:
    alias = alias_of(nic)
    own = _virtio(nic) if nic.is_virtio else {"driver": _model(nic)}
    ccw = _kind_of_place(nic) == "ccw"
    loadparm = nic.boot.loadparm if nic.boot and ccw else None
    return {
        **own,
        "netdev": f"host{alias}",
        "id": alias,
        "mac": _mac(nic),
        "bootindex": bootindex,
        "loadparm": loadparm if board.caps.has_property("virtio-net-ccw", "loadparm") else None,
        **place_of(nic.address, board, acpi_index=nic.acpi.index if nic.acpi else None),
        **_rom(nic),
    }


def _virtio(nic: Interface) -> dict[str, Any]:
    driver = nic.driver or InterfaceDriver()
    host, guest = driver.host or HostOffload(), driver.guest
    queues = driver.queues or 1
    vectors = 2 * queues + 2 if queues > 1 and _kind_of_place(nic) != "ccw" else None
    persistent = nic.teaming is not None and nic.teaming.type == "persistent"
    return {
        "driver": virtio_driver("virtio-net", nic.address, _model(nic)),
        **virtio_options(driver),
        "tx": _TX.get(driver.txmode or ""),
        "ioeventfd": driver.ioeventfd,
        "event_idx": driver.event_idx,
        "csum": host.csum,
        "gso": host.gso,
        **{f"host_{name}": getattr(host, name) for name in ("tso4", "tso6", "ecn", "ufo")},
        "mrg_rxbuf": host.mrg_rxbuf,
        **{f"guest_{name}": getattr(guest, name, None) for name in _GUEST_OFFLOADS},
        "mq": True if queues > 1 else None,
        "vectors": vectors,
        "rx_queue_size": driver.rx_queue_packets or None,
        "tx_queue_size": driver.tx_queue_packets or None,
        "rss": driver.rss,
        "hash": driver.rss_hash_report,
        "host_mtu": nic.mtu.size_bytes if nic.mtu else None,
        "failover": True if persistent else None,
    }


_GUEST_OFFLOADS = ("csum", "tso4", "tso6", "ecn", "ufo")


def _rom(nic: Interface) -> dict[str, Any]:
    rom = nic.rom
    if rom is None:
        return {}
    if _kind_of_place(nic) != "pci":
        raise invalid("interface/rom", "only PCI devices have a ROM", rom.line)
    if rom.enabled is False:
        return {"romfile": ""}
    if rom.file and not rom.file.startswith("/"):
        raise invalid("interface/rom", "expected an absolute path", rom.line)
    return {"rombar": None if rom.bar is None else int(rom.bar), "romfile": rom.file}


def link_commands(nic: Interface) -> Iterator[QmpCommand]:
    """An unplugged cable is unplugged before the guest runs."""
    if nic.link is not None and nic.link.state == "down":
        yield QmpCommand("set_link", {"name": alias_of(nic), "up": False})
