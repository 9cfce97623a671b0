"""<os>: the machine, its firmware, and what it boots."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Name,
    Needed,
    Section,
    Text,
    Value,
    Values,
)
from ..engine.repeated import repeated
from ..engine.values import Int, UInt, YesNo
from .firmware import Firmware, FirmwareFeatures, Loader, Nvram

OsKind: TypeAlias = Literal["hvm", "linux", "xen", "xenpvh", "exe", "uml"]
BootDevice: TypeAlias = Literal["fd", "hd", "cdrom", "network"]
AcpiTableType: TypeAlias = Literal["raw", "rawset", "slic", "msdm"]


class OsType(Element):
    """<type>: how the guest is virtualised, and the machine it sees."""

    arch: Attr[str] = None
    machine: Attr[str] = None
    kind: Text[OsKind] = None


class InitVariable(Element, kw_only=True):
    """<initenv>: a variable of the container's first process."""

    name: Needed[str]
    value: Text[str] = None

    def problems(self) -> Iterator[str]:
        """A variable has a value."""
        if not self.value:
            yield f"no value for the variable '{self.name}'"


class AcpiTable(Element, kw_only=True):
    """<table>: a file of ACPI tables, given to the guest."""

    type: Needed[AcpiTableType]
    path: Text[str] = None

    def problems(self) -> Iterator[str]:
        """A table has a file."""
        if not self.path:
            yield "the path is missing"


class AcpiTables(Element):
    """<acpi>."""

    table: Children[AcpiTable] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """Only raw tables may be many."""
        kinds = [table.type for table in self.table if table.type != "raw"]
        for kind in repeated(kinds):
            yield f"more than one table of type '{kind}'"


class Boot(Element, kw_only=True):
    """<boot>: one kind of device to boot from."""

    dev: Needed[BootDevice]


class BootMenu(Element, kw_only=True):
    """<bootmenu>: whether a person may choose, and for how long."""

    enable: Attr[YesNo] = None
    timeout_ms: Annotated[Attr[UInt], Name("timeout")] = None

    def defaults(self) -> None:
        """No menu, no time."""
        if not self.enable:
            self.timeout_ms = None

    def problems(self) -> Iterator[str]:
        """At most 65535 milliseconds."""
        if (self.timeout_ms or 0) > 65535:
            yield "timeout must be within 0..65535"


class Bios(Element):
    """<bios>: the firmware's text on the serial line; reboot after a failed boot."""

    use_serial: Annotated[Attr[YesNo], Name("useserial")] = None
    reboot_timeout_ms: Annotated[Attr[Int], Name("rebootTimeout")] = None

    def problems(self) -> Iterator[str]:
        """-1 is never."""
        if not -1 <= (self.reboot_timeout_ms or 0) <= 65535:
            yield "rebootTimeout must be within -1..65535"


class SmBios(Element, kw_only=True):
    """<smbios>: where the guest's SMBIOS tables come from."""

    mode: Needed[Literal["emulate", "host", "sysinfo"]]


class Os(Element, kw_only=True):
    """<os>."""

    firmware: Attr[Firmware] = None
    type: Section[OsType]
    firmware_features: Annotated[Child[FirmwareFeatures], Name("firmware")] = None
    init: Value[str] = None
    initarg: Values[str] = field(default_factory=list)
    initenv: Children[InitVariable] = field(default_factory=list)
    initdir: Value[str] = None
    inituser: Value[str] = None
    initgroup: Value[str] = None
    loader: Child[Loader] = None
    nvram: Child[Nvram] = None
    kernel: Value[str] = None
    initrd: Value[str] = None
    cmdline: Value[str] = None
    shim: Value[str] = None
    dtb: Value[str] = None
    root: Value[str] = None
    acpi: Child[AcpiTables] = None
    boot: Children[Boot] = field(default_factory=list)
    bootmenu: Child[BootMenu] = None
    bios: Child[Bios] = None
    smbios: Child[SmBios] = None

    def defaults(self) -> None:
        """What only some kinds of guests have is dropped from the others."""
        for name in _NOT_OF[self.type.kind or "hvm"]:
            setattr(self, name, [] if name in _LISTS else None)
        if self.bootmenu is not None and self.bootmenu.enable is None:
            self.bootmenu = None
        if self.acpi is not None and not self.acpi.table:
            self.acpi = None
        if self.firmware_features is not None and not self.firmware_features.feature:
            self.firmware_features = None

    def problems(self) -> Iterator[str]:
        """Arguments of a container's first process are not empty."""
        if not all(self.initarg):
            yield "an <initarg> is empty"


_LISTS = ("initarg", "initenv", "boot")
_INIT = ("init", "initarg", "initenv", "initdir", "inituser", "initgroup")
_KERNEL = ("kernel", "initrd", "shim", "dtb", "root")
_LOADER = ("loader", "nvram")
_BOARD = ("firmware", "firmware_features", "acpi", "boot", "bootmenu", "bios")
_NOT_OF: dict[str, tuple[str, ...]] = {
    "hvm": _INIT,
    "xen": (*_INIT, *_BOARD),
    "linux": (*_INIT, *_BOARD),
    "xenpvh": (*_INIT, *_BOARD),
    "uml": (*_INIT, *_BOARD),
    "exe": (*_KERNEL, *_LOADER, *_BOARD),
}
