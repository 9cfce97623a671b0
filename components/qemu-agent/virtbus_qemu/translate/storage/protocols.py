"""Where an image is, in the words of QEMU's block drivers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from virtbus.model.source.network import SourceHost

from ..words import invalid, unsupported
from .facts import StorageFacts
from .images import Image
from .sealed import auth_alias, cookie_alias, encryption_alias, reservations_alias, tls_alias

Properties: TypeAlias = dict[str, Any]


def location_of(image: Image, facts: StorageFacts) -> Properties:
    """The driver and what it opens. Raises InvalidDocument or Unsupported."""
    source = image.source
    match image.kind:
        case "file":
            return {"driver": "file", **_file(image, source.file)}
        case "block":
            cd = image.cdrom and image.format == "raw" and source.dev in facts.cdroms
            return {"driver": "host_cdrom" if cd else "host_device", **_file(image, source.dev)}
        case "dir":
            return {
                "driver": "vvfat",
                "dir": source.dir,
                "floppy": image.floppy,
                "rw": not image.readonly,
            }
        case "nvme":
            at = source.address
            assert at is not None
            return {
                "driver": "nvme",
                "device": f"{at.domain:04x}:{at.bus:02x}:{at.slot:02x}.{at.function:x}",
                "namespace": source.namespace,
            }
        case "network":
            protocol = source.protocol or "none"
            if protocol == "nfs":
                return {"driver": "nfs", **_nfs(image, facts)}
            describe = _PROTOCOLS.get(protocol)
            if describe is None:
                raise unsupported("disk/source", f"protocol '{protocol}'", source.line)
            return {"driver": protocol, **describe(image)}
    raise unsupported("disk", f"type '{image.kind}'", source.line)


def _file(image: Image, path: str | None) -> Properties:
    if not path or not path.startswith("/"):
        raise invalid("disk/source", "expected an absolute path", image.source.line)
    return {
        "filename": path,
        "aio": image.driver.io,
        "pr-manager": reservations_alias(image),
    }


def _only_host(image: Image) -> SourceHost:
    hosts = image.source.hosts
    if len(hosts) != 1:
        reason = f"protocol '{image.source.protocol}' takes exactly one host"
        raise invalid("disk/source", reason, image.source.line)
    return hosts[0]


def _socket_address(host: SourceHost) -> Properties:
    if host.transport == "unix":
        return {"type": "unix", "path": host.socket}
    return {"type": "inet", **_inet_address(host)}


def _inet_address(host: SourceHost) -> Properties:
    if host.transport is not None:
        raise unsupported("disk/source/host", f"transport '{host.transport}'", host.line)
    return {"host": host.name, "port": str(host.port or 0)}


def _pool_and_image(image: Image) -> tuple[str, str]:
    pool, _, name = (image.source.name or "").partition("/")
    return pool, name


def _gluster(image: Image) -> Properties:
    volume, path = _pool_and_image(image)
    hosts = [_socket_address(host) for host in image.source.hosts]
    return {"volume": volume, "path": path, "server": hosts, "debug": 4}


def _nbd(image: Image) -> Properties:
    source = image.source
    return {
        "server": _socket_address(_only_host(image)),
        "export": source.name,
        "tls-creds": tls_alias(image),
        "tls-hostname": source.tls_hostname,
        "reconnect-delay": source.reconnect.delay_s if source.reconnect else None,
    }


def _vxhs(image: Image) -> Properties:
    return {
        "tls-creds": tls_alias(image),
        "vdisk-id": image.source.name,
        "server": _inet_address(_only_host(image)),
    }


def _rbd(image: Image) -> Properties:
    source = image.source
    pool, name = _pool_and_image(image)
    encrypt: Properties | None = None
    if image.encryption is not None and image.encryption.engine == "librbd":
        for number in reversed(range(len(image.encryption.secrets))):
            key = encryption_alias(image, number)
            layer: Properties = {"format": image.encryption.format, "key-secret": key}
            encrypt = layer if encrypt is None else {**layer, "parent": encrypt}
    return {
        "pool": pool,
        "image": name,
        "snapshot": source.snapshot.name if source.snapshot else None,
        "conf": source.config.file if source.config else None,
        "server": [_inet_address(host) for host in source.hosts] or None,
        "encrypt": encrypt,
        "user": image.auth.username if image.auth else None,
        "auth-client-required": ["cephx", "none"] if image.auth else None,
        "key-secret": auth_alias(image),
    }


def _iscsi(image: Image) -> Properties:
    source, host = image.source, _only_host(image)
    target, _, lun = (source.name or "").partition("/")
    if lun and not (lun.isascii() and lun.isdigit()):
        raise invalid("disk/source", f"'{lun}' is not the number of a LUN", source.line)
    name = f"[{host.name}]" if _is_ipv6(host.name or "") else host.name
    initiator = source.initiator.iqn if source.initiator else None
    return {
        "portal": f"{name}:{host.port or 0}",
        "target": target,
        "lun": int(lun or "0"),
        "transport": "tcp",
        "user": image.auth.username if image.auth else None,
        "password-secret": auth_alias(image),
        "initiator-name": initiator.name if initiator else None,
    }


def _is_ipv6(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).version == 6
    except ValueError:
        return False


def _web(image: Image) -> Properties:
    source = image.source
    verify = source.ssl.verify if source.ssl else None
    return {
        "url": _url(image),
        "username": image.auth.username if image.auth else None,
        "password-secret": auth_alias(image),
        "sslverify": verify,
        "cookie-secret": cookie_alias(image),
        "timeout": source.timeout.seconds if source.timeout else None,
        "readahead": source.readahead.size_bytes if source.readahead else None,
    }


def _url(image: Image) -> str:
    source, host = image.source, _only_host(image)
    scheme = source.protocol if host.transport is None else f"{source.protocol}+{host.transport}"
    name = f"[{host.name}]" if ":" in (host.name or "") else host.name or ""
    port = f":{host.port}" if host.port else ""
    path = f"/{(source.name or '').removeprefix('/')}" if source.name is not None else ""
    query = f"?{source.query}" if source.query else ""
    return f"{scheme}://{name}{port}{quote(path, safe=_PLAIN_IN_PATH)}{query}"


_PLAIN_IN_PATH = "/!$&'()*+,;=:@~-._"


def _ssh(image: Image) -> Properties:
    source = image.source
    user = image.auth.username if image.auth else None
    if user is None and source.identity is not None:
        user = source.identity.username
    return {"path": source.name, "server": _inet_address(_only_host(image)), "user": user}


def _nfs(image: Image, facts: StorageFacts) -> Properties:
    source, host = image.source, _only_host(image)
    identity = source.identity
    return {
        "server": {"host": host.name, "type": "inet"},
        "path": source.name,
        "user": _number(identity.user if identity else None, facts.users, source.line),
        "group": _number(identity.group if identity else None, facts.groups, source.line),
    }


def _number(name: str | None, users: Mapping[str, int], line: int) -> int | None:
    """The number of a user or group; `+` before a number says that it is none's name."""
    if name is None:
        return None
    digits = name.removeprefix("+")
    if name in users:
        return users[name]
    if digits.isascii() and digits.isdigit():
        return int(digits)
    raise invalid("disk/source/identity", f"there is no user or group '{name}'", line)


_PROTOCOLS: dict[str, Callable[[Image], Properties]] = {
    "gluster": _gluster,
    "nbd": _nbd,
    "vxhs": _vxhs,
    "rbd": _rbd,
    "iscsi": _iscsi,
    "http": _web,
    "https": _web,
    "ftp": _web,
    "ftps": _web,
    "ssh": _ssh,
}
