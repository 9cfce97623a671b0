"""-netdev: the host's end of a network card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtbus.model.domain.devices.interface import Interface
from virtbus.model.net.addresses import family_of

from ..aliases import alias_of
from ..capabilities import QemuCapabilities
from ..passed import set_path
from ..runtime import RuntimePaths
from ..words import invalid, json_option, keyed, unsupported

TAP_TYPES = ("network", "bridge", "direct", "ethernet")
PASST_RECONNECT_S = 5
_SOCKET_ROLES = {"client": "connect", "server": "listen", "mcast": "mcast", "udp": "udp"}


def netdev_option(properties: Mapping[str, Any], caps: QemuCapabilities) -> str:
    """A -netdev in JSON, or in the older form for an emulator that takes no other."""
    if caps.has("netdev-json"):
        return json_option(properties)
    plain: dict[str, str | int | bool | None] = {}
    for name, value in properties.items():
        if isinstance(value, list):
            plain[name] = ",".join(item["str"] for item in value)
        elif isinstance(value, Mapping):
            plain |= {f"{name}.{inner}": each for inner, each in value.items()}
        elif name != "type":
            plain[name] = value
    return keyed(str(properties["type"]), **plain)


def netdev(
    nic: Interface, runtime: RuntimePaths, sets: dict[str, int], caps: QemuCapabilities
) -> dict[str, Any]:
    """The properties of the netdev "host" + alias. Raises Unsupported, InvalidDocument."""
    alias = alias_of(nic)
    if nic.type in TAP_TYPES:
        found = _tap(nic, alias, runtime)
    elif nic.type in _SOCKET_ROLES:
        found = _socket(nic)
    elif nic.type == "user":
        found = _passt(alias, runtime, caps) if nic.is_passt else _user(nic)
    elif nic.type == "internal":
        found = {"type": "user"}
    elif nic.type == "vhostuser":
        found = {"type": "vhost-user", "chardev": f"char{alias}", "queues": _queues(nic)}
    elif nic.type == "vdpa":
        path = set_path(f"{alias}-vdpa", sets, (nic.source.dev if nic.source else None) or "")
        found = {"type": "vhost-vdpa", "vhostdev": path, "queues": _queues(nic)}
    else:
        raise unsupported("interface", f"type '{nic.type}'", nic.line)
    return {**found, "id": f"host{alias}"}


def _queues(nic: Interface) -> int | None:
    return nic.driver.queues if nic.driver and nic.is_virtio else None


def _tap(nic: Interface, alias: str, runtime: RuntimePaths) -> dict[str, Any]:
    fds = runtime.tap_fds.get(alias, ())
    vhost_fds = runtime.vhost_fds.get(alias, ())
    if not fds:
        raise invalid("interface", f"no tap device is ready for {alias}", nic.line)
    return {
        "type": "tap",
        **_numbers("fd", fds),
        "vhost": True if vhost_fds else None,
        **_numbers("vhostfd", vhost_fds),
        "sndbuf": nic.tune.sndbuf_bytes if nic.tune else None,
    }


def _numbers(name: str, fds: tuple[int, ...]) -> dict[str, str]:
    if not fds:
        return {}
    return {name if len(fds) == 1 else f"{name}s": ":".join(map(str, fds))}


def _socket(nic: Interface) -> dict[str, Any]:
    source = nic.source
    if source is None:
        raise invalid("interface", "a source is missing", nic.line)
    local = source.local
    return {
        "type": "socket",
        _SOCKET_ROLES[nic.type]: f"{source.address or ''}:{source.port}",
        "localaddr": f"{local.address}:{local.port}" if local and nic.type == "udp" else None,
    }


def _passt(alias: str, runtime: RuntimePaths, caps: QemuCapabilities) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "stream",
        "addr": {"type": "unix", "path": runtime.socket(alias)},
        "server": False,
    }
    if caps.has("netdev-stream-reconnect-ms"):
        found["reconnect-ms"] = PASST_RECONNECT_S * 1000
    elif caps.has("netdev-stream-reconnect"):
        found["reconnect"] = PASST_RECONNECT_S
    return found


def _user(nic: Interface) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "user"}
    for ip in nic.ips:
        if family_of(ip.address) == "ipv4":
            found["net"] = f"{ip.address}/{ip.prefix}" if ip.prefix else ip.address
        else:
            found["ipv6-prefix"] = ip.address
            found["ipv6-prefixlen"] = ip.prefix
    return found
