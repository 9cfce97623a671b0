"""The XML namespaces that are libvirt's own, by the prefix it writes them with."""

from __future__ import annotations

_SCHEMAS = "http://libvirt.org/schemas"

NAMESPACES: dict[str, str] = {
    "qemu": f"{_SCHEMAS}/domain/qemu/1.0",
    "lxc": f"{_SCHEMAS}/domain/lxc/1.0",
    "xen": f"{_SCHEMAS}/domain/xen/1.0",
    "bhyve": f"{_SCHEMAS}/domain/bhyve/1.0",
    "vmware": f"{_SCHEMAS}/domain/vmware/1.0",
    "fs": f"{_SCHEMAS}/storagepool/fs/1.0",
    "rbd": f"{_SCHEMAS}/storagepool/rbd/1.0",
    "dnsmasq": f"{_SCHEMAS}/network/dnsmasq/1.0",
}


def clark(name: str) -> str:
    """`prefix:local` as lxml writes it, {namespace}local; a plain name as it is."""
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name
