"""Network interfaces: the host's end, and the card the guest sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface import Interface

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..refuse import refuse_set
from ..runtime import RuntimePaths, TapRequest
from ..words import QmpCommand, invalid, json_option, keyed, unsupported

_CARDS = {
    "virtio": "virtio-net-pci",
    "virtio-transitional": "virtio-net-pci-transitional",
    "virtio-non-transitional": "virtio-net-pci-non-transitional",
    **{name: name for name in ("e1000", "e1000e", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3")},
}


def taps_needed(domain: Domain) -> list[TapRequest]:
    """The tap devices to open before a completed domain (with aliases) can start."""
    return [_tap(nic) for nic in domain.devices.interfaces if nic.type in ("ethernet", "bridge")]


def _tap(nic: Interface) -> TapRequest:
    return TapRequest(
        alias=alias_of(nic),
        name=(nic.target.dev if nic.target else None) or "",
        bridge=(nic.source.bridge if nic.source and nic.type == "bridge" else None) or "",
        mtu_bytes=(nic.mtu.size_bytes if nic.mtu else None) or 0,
        queues=(nic.driver.queues if nic.driver else None) or 1,
    )


def interface_options(
    nic: Interface, runtime: RuntimePaths, board: Board, bootindex: int | None
) -> Iterator[str]:
    """-netdev and -device of one interface."""
    _refuse(nic)
    alias = alias_of(nic)
    fds = runtime.tap_fds.get(alias, ())
    yield from ("-netdev", _netdev(nic, alias, fds))
    yield from ("-device", json_option(_device(nic, alias, len(fds), board, bootindex)))


def _refuse(nic: Interface) -> None:
    if nic.type not in ("user", "ethernet", "bridge"):
        raise unsupported("interface", f"type '{nic.type}'", nic.line)
    if nic.driver is not None and nic.driver.name == "vhost":
        raise unsupported("interface/driver", "name 'vhost'", nic.driver.line)
    if nic.type == "user":
        refuse_set("interface/driver", nic.driver, "queues")
        refuse_set("interface/target", nic.target, "dev")
        if nic.model is None or not (nic.model.type or "").startswith("virtio"):
            refuse_set("interface", nic, "mtu")
    if nic.type != "bridge":
        refuse_set("interface/source", nic.source, "bridge", "dev")


def _netdev(nic: Interface, alias: str, fds: tuple[int, ...]) -> str:
    if nic.type == "user":
        return keyed("user", id=f"host{alias}")
    if len(fds) > 1:
        return keyed("tap", fds=":".join(map(str, fds)), id=f"host{alias}")
    if fds:
        return keyed("tap", fd=fds[0], id=f"host{alias}")
    name = nic.target.dev if nic.target else None
    if nic.type == "ethernet" and name:
        return keyed("tap", ifname=name, script="no", downscript="no", id=f"host{alias}")
    raise invalid("interface", f"no tap device is ready for {alias}", nic.line)


def _device(
    nic: Interface, alias: str, queues: int, board: Board, bootindex: int | None
) -> dict[str, Any]:
    model = (nic.model.type if nic.model else None) or ""
    if model not in _CARDS:
        raise unsupported("interface/model", f"'{model}'", nic.line)
    virtio = model.startswith("virtio")
    if not virtio:
        refuse_set("interface/driver", nic.driver, "queues")
    if nic.mac is None:
        raise invalid("interface", "a MAC address is missing", nic.line)
    rom = nic.rom
    return {
        "driver": _CARDS[model],
        "mq": True if queues > 1 else None,
        "vectors": 2 * queues + 2 if queues > 1 else None,
        "host_mtu": nic.mtu.size_bytes if nic.mtu and virtio else None,
        "netdev": f"host{alias}",
        "id": alias,
        "mac": nic.mac.address,
        "bootindex": bootindex,
        **place_of(nic.address, board),
        "rombar": None if rom is None or rom.bar is None else int(rom.bar),
        "romfile": _rom(nic),
    }


def _rom(nic: Interface) -> str | None:
    if nic.rom is None:
        return None
    if nic.rom.enabled is False:
        return ""
    if nic.rom.file is not None and not nic.rom.file.startswith("/"):
        raise invalid("interface/rom", "expected an absolute path", nic.rom.line)
    return nic.rom.file


def link_commands(nic: Interface) -> Iterator[QmpCommand]:
    """An unplugged cable is unplugged before the guest runs."""
    if nic.link is not None and nic.link.state == "down":
        yield QmpCommand("set_link", {"name": alias_of(nic), "up": False})
