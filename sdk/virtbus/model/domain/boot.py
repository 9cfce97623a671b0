"""<os>: the machine, its firmware, and what it boots."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Section, Text, Value
from ..engine.values import Integer, YesNo

OsKind: TypeAlias = Literal["hvm", "linux", "xen", "xenpvh", "exe", "uml"]
Firmware: TypeAlias = Literal["bios", "efi"]
BootDevice: TypeAlias = Literal["fd", "hd", "cdrom", "network"]
RebootTimeout: TypeAlias = Annotated[int, Integer(-1, 65535)]


class OsType(Element):
    """<type>: how the guest is virtualised, and the machine it sees."""

    arch: Attr[str] = None
    machine: Attr[str] = None
    kind: Text[OsKind] = None


class Loader(Element):
    """<loader>: the firmware's code."""

    readonly: Attr[YesNo] = None
    type: Attr[Literal["rom", "pflash"]] = None
    secure: Attr[YesNo] = None
    stateless: Attr[YesNo] = None
    format: Attr[Literal["raw", "qcow2"]] = None
    path: Text[str] = None


class Nvram(Element):
    """<nvram>: the firmware's variables."""

    type: Attr[str] = None
    template: Attr[str] = None
    template_format: Annotated[Attr[str], Name("templateFormat")] = None
    format: Attr[Literal["raw", "qcow2"]] = None
    path: Text[str] = None


class Boot(Element, kw_only=True):
    """<boot>: one kind of device to boot from."""

    dev: Needed[BootDevice]


class BootMenu(Element, kw_only=True):
    """<bootmenu>: whether a person may choose, and for how long."""

    enable: Needed[YesNo]
    timeout_ms: Annotated[Attr[Annotated[int, Integer(0, 65535)]], Name("timeout")] = None


class Bios(Element):
    """<bios>: the firmware's text on the serial line; reboot after a failed boot."""

    use_serial: Annotated[Attr[YesNo], Name("useserial")] = None
    reboot_timeout_ms: Annotated[Attr[RebootTimeout], Name("rebootTimeout")] = None


class Os(Element, kw_only=True):
    """<os>."""

    firmware: Attr[Firmware] = None
    type: Section[OsType]
    loader: Child[Loader] = None
    nvram: Child[Nvram] = None
    kernel: Value[str] = None
    initrd: Value[str] = None
    cmdline: Value[str] = None
    dtb: Value[str] = None
    boot: Children[Boot] = field(default_factory=list)
    bootmenu: Child[BootMenu] = None
    bios: Child[Bios] = None
