"""Devices of a few attributes each: hub, watchdog, balloon, nvram, crypto, pstore, rng."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from ...engine.declare import Attr, Child, Element, Name, Needed, Section, Size, Value
from ...engine.values import Integer, OnOff, UInt, Unit
from .address import Address
from .common import Acpi, Alias, VirtioDriver

WatchdogAction: TypeAlias = Literal[
    "reset", "shutdown", "poweroff", "pause", "dump", "none", "inject-nmi"
]


BalloonPeriod: TypeAlias = Annotated[int, Integer(-(2**31), 2**31 - 1)]


class Hub(Element, kw_only=True):
    """<hub>: more ports on the guest's USB."""

    type: Needed[Literal["usb"]]
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class Watchdog(Element, kw_only=True):
    """<watchdog>: acts when the guest no longer does."""

    model: Needed[Literal["i6300esb", "ib700", "diag288", "itco"]]
    action: Needed[WatchdogAction] = "reset"
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class BalloonStats(Element):
    """<stats>: how often the guest tells of its memory."""

    period_s: Annotated[Attr[BalloonPeriod], Name("period")] = None


class MemBalloon(Element, kw_only=True):
    """<memballoon>: gives memory back to the host and takes it again."""

    model: Needed[
        Literal["virtio", "virtio-transitional", "virtio-non-transitional", "xen", "none"]
    ]
    autodeflate: Attr[OnOff] = None
    free_page_reporting: Annotated[Attr[OnOff], Name("freePageReporting")] = None
    stats: Child[BalloonStats] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
    driver: Child[VirtioDriver] = None

    def defaults(self) -> None:
        """What is not there has no place; statistics of no period are none."""
        if self.model == "none":
            self.alias = self.acpi = self.address = None
        if self.stats is not None and (self.stats.period_s or 0) <= 0:
            self.stats = None


class NvramDevice(Element):
    """<nvram> among the devices: where a pSeries guest keeps its settings."""

    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class CryptoBackend(Element, kw_only=True):
    """<backend>: who computes."""

    model: Needed[Literal["builtin", "lkcf"]]
    queues: Attr[UInt] = None

    def defaults(self) -> None:
        """No queues is not a number of them."""
        self.queues = self.queues or None


class Crypto(Element, kw_only=True):
    """<crypto>: computes ciphers for the guest."""

    model: Needed[Literal["virtio"]]
    type: Needed[Literal["qemu"]]
    backend: Section[CryptoBackend]
    driver: Child[VirtioDriver] = None
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None


class PstoreSize(Element, kw_only=True):
    """<size> of a pstore."""

    size_kib: Annotated[Size, Unit("KiB", "KiB")]


class Pstore(Element, kw_only=True):
    """<pstore>: where a guest's kernel leaves its last words."""

    backend: Needed[Literal["acpi-erst"]]
    path: Value[str] = None
    size: Section[PstoreSize]
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None

    def problems(self) -> Iterator[str]:
        """The store is a power of two of at least a page."""
        size_kib = self.size.size_kib
        if size_kib < 4 or size_kib & (size_kib - 1):
            yield "the size must be a power of two of at least 4 KiB"
