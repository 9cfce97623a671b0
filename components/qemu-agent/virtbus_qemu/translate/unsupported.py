"""What a document may hold but a guest of this agent cannot be started with.

One table: a path in the document, and why. Nothing of it is dropped silently: starting
such a guest is refused, with the element's name and line. A path names

    devices/panic                 an element,
    devices/disk/@rawio           an attribute (or a child without more than text, or none),
    devices/disk/@type=vhostvdpa  an attribute with that value.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from virtbus.model.domain import Domain
from virtbus.model.engine.declare import Element
from virtbus.model.engine.namespaces import clark
from virtbus.model.engine.table import Field, table_of

from .words import unsupported

_NOT_YET = "this agent does not pass it to QEMU yet"

UNSUPPORTED: dict[str, str] = {
    "cpu/@vendor": _NOT_YET,
    "clock/timer/@mode": _NOT_YET,
    "@bootloader": _NOT_YET,
    "@bootloader_args": _NOT_YET,
    "os/@root": _NOT_YET,
    "features/hap": _NOT_YET,
    "features/@viridian": _NOT_YET,
    "features/@privnet": _NOT_YET,
    "features/capabilities": _NOT_YET,
    "features/msrs": _NOT_YET,
    "features/xen": _NOT_YET,
    "cpu/@deprecated_features": _NOT_YET,
    "@on_lockfailure": _NOT_YET,
    "perf": _NOT_YET,
    "qemu:capabilities": _NOT_YET,
    "lxc:namespace": _NOT_YET,
    "xen:commandline": _NOT_YET,
    "bhyve:commandline": _NOT_YET,
    "devices/disk/@rawio=yes": "a guest's process has no such privilege",
    "devices/disk/@type=volume": _NOT_YET,
    "devices/disk/source/@fdgroup": "open files cannot be handed over the bus",
    "devices/disk/backenddomain": _NOT_YET,
    "devices/disk/transient": _NOT_YET,
    "devices/interface/route": _NOT_YET,
}

_NOT_ON_HOST = "this agent does not set it up on the host yet"

_GROUPS = "this agent has no control groups for its guests yet"

NOT_ON_HOST: dict[str, str] = {
    "vcpu/@placement=auto": _NOT_ON_HOST,
    "blkiotune": _GROUPS,
    "memtune": _GROUPS,
    "cputune/@shares": _GROUPS,
    "cputune/@period": _GROUPS,
    "cputune/@quota": _GROUPS,
    "cputune/@global_period": _GROUPS,
    "cputune/@global_quota": _GROUPS,
    "cputune/@emulator_period": _GROUPS,
    "cputune/@emulator_quota": _GROUPS,
    "cputune/@iothread_period": _GROUPS,
    "cputune/@iothread_quota": _GROUPS,
    "cputune/emulatorsched": _NOT_ON_HOST,
    "cputune/vcpusched": _NOT_ON_HOST,
    "cputune/iothreadsched": _NOT_ON_HOST,
    "cputune/cachetune": _NOT_ON_HOST,
    "cputune/memorytune": _NOT_ON_HOST,
    "numatune/memory/@mode=restrictive": _GROUPS,
    "numatune/memnode/@mode=restrictive": _GROUPS,
    "devices/disk/source/seclabel": "guests run without a security module's labels",
    "devices/disk/source/@startupPolicy": _NOT_ON_HOST,
    "devices/lease": "this agent has no lock manager",
    "devices/graphics/@type=rdp": "no program serves RDP here",
    "devices/interface/vlan": _NOT_ON_HOST,
    "devices/interface/virtualport": _NOT_ON_HOST,
    "devices/interface/bandwidth": _NOT_ON_HOST,
    "devices/interface/port": _NOT_ON_HOST,
    "devices/interface/script": _NOT_ON_HOST,
    "devices/interface/downscript": _NOT_ON_HOST,
    "devices/interface/coalesce": _NOT_ON_HOST,
    "devices/interface/filterref": _NOT_ON_HOST,
    "devices/interface/source/ip": _NOT_ON_HOST,
    "devices/interface/source/route": _NOT_ON_HOST,
    "devices/interface/@trustGuestRxFilters": _NOT_ON_HOST,
    "devices/interface/@type=network": _NOT_ON_HOST,
    "devices/interface/@type=direct": _NOT_ON_HOST,
    "devices/interface/@type=hostdev": _NOT_ON_HOST,
    "devices/interface/backend/@type=passt": _NOT_ON_HOST,
    "devices/hostdev/@type=pci": _NOT_ON_HOST,
    "devices/hostdev/@type=mdev": _NOT_ON_HOST,
    "devices/tpm/backend/encryption": "there is no store of secrets",
    "devices/tpm/backend/profile": _NOT_ON_HOST,
    "devices/tpm/backend/active_pcr_banks": _NOT_ON_HOST,
}
"""What QEMU could do, if the host were made ready for it: refused when a guest is started."""

_LIBVIRT = "libvirt.org/schemas"


class _Part(NamedTuple):
    """One entry of the table, below an element's path."""

    name: str  # "" when it is the element itself
    value: str | None
    reason: str


class _Node(NamedTuple):
    """An element that the table names, or that holds one which it names."""

    parts: list[_Part]
    below: dict[str, _Node]


def _tree(table: dict[str, str]) -> _Node:
    root = _Node([], {})
    for path, reason in table.items():
        element, _, attribute = path.partition("@")
        name, has_value, value = attribute.partition("=")
        node = root
        for step in element.strip("/").split("/") if element else ():
            node = node.below.setdefault(step, _Node([], {}))
        node.parts.append(_Part(name, value if has_value else None, reason))
    return root


_AT_ALL = _tree(UNSUPPORTED)
_ON_HOST = _tree(NOT_ON_HOST)


def refuse_unsupported(domain: Domain) -> None:
    """Raise Unsupported for the first thing in `domain` that the table names."""
    _refuse(domain, _AT_ALL, "")
    for tag in domain.other:
        # libvirt's own namespaces mean something to a hypervisor; those of applications do not.
        if _LIBVIRT in tag.partition(">")[0]:
            raise unsupported("domain", f"element '{tag[1:].split()[0]}'", domain.line)


def refuse_not_on_host(domain: Domain) -> None:
    """Raise Unsupported for the first thing in `domain` that no host is made ready for."""
    for label in domain.seclabels:
        if label.type != "none" and label.model != "dac":
            raise unsupported("seclabel", f"model '{label.model}'", label.line)
    _refuse(domain, _ON_HOST, "")


def _refuse(element: Element, node: _Node, path: str) -> None:
    for part in node.parts:
        _refuse_part(path, element, part)
    for name, below in node.below.items():
        field = table_of(type(element)).elements.get(clark(name))
        if field is None:
            continue  # this kind of the element has none
        value = getattr(element, field.name)
        if not value:
            continue
        where = f"{path}/{name}" if path else name
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Element):
                _refuse(each, below, where)
            else:
                raise unsupported(where, below.parts[0].reason, element.line)


def _refuse_part(path: str, element: Element, part: _Part) -> None:
    if not part.name:
        raise unsupported(path, part.reason, element.line)
    for field in table_of(type(element)).fields:
        if field.xml == part.name:
            value = getattr(element, field.name)
            if _matches(field, value, part.value):
                what = f"'{part.name}'" if part.value is None else f"{part.name} '{part.value}'"
                raise unsupported(path, f"{what} ({part.reason})", element.line)


def _matches(field: Field, value: Any, wanted: str | None) -> bool:
    if value is None or value is False or value == []:
        return False
    return wanted is None or field.codec.format(value) == wanted
