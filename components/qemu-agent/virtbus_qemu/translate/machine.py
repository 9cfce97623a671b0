"""The machine a guest gets: which family it is of, what is built in, where its buses are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from virtbus.model.domain import Domain

from .capabilities import MachineType, QemuCapabilities
from .firmware import HostFirmware
from .words import unsupported, word

_ARM = ("armv6l", "armv7l", "armv7b", "aarch64")
_I440FX_PREFIXES = ("pc-0.", "pc-1.", "pc-i440fx-", "rhel")
_MULTIBUS = ("x86_64", "i686", "ppc", "ppcemb", "ppc64", "ppc64le", "s390", "s390x")
_GUESTS_OF: Mapping[str, tuple[str, ...]] = {
    "x86_64": ("i686",),
    "aarch64": ("armv7l", "armv6l"),
    "ppc64": ("ppc64le",),
}
"""Architectures that the emulator of another one runs as well."""
_NO_BUSES: Mapping[tuple[str, int], str] = {}


class Board(NamedTuple):
    """A machine type of one emulator, and what all machines of its family have in common.

    `arch` is the guest's architecture, by libvirt's name. `new`: the document is a
    definition that was never kept before, so what no guest has seen yet may be chosen as
    is best today. `starting`: the guest is about to run. `buses`: the names of the
    controllers by type and index, once they have some. `firmware` is what the host has,
    where that is known.
    """

    caps: QemuCapabilities
    machine: MachineType
    arch: str
    new: bool = False
    starting: bool = False
    buses: Mapping[tuple[str, int], str] = _NO_BUSES
    firmware: HostFirmware | None = None

    @property
    def x86(self) -> bool:
        """Whether it is a PC of any kind."""
        return self.arch in ("x86_64", "i686")

    @property
    def arm(self) -> bool:
        """Whether it is an Arm board of any kind."""
        return self.arch in _ARM

    @property
    def q35(self) -> bool:
        """Whether it is a PC whose root bus is PCI Express."""
        return self.x86 and (self.machine.name.startswith("pc-q35-") or self.machine.name == "q35")

    @property
    def i440fx(self) -> bool:
        """Whether it is a PC with a conventional PCI bus."""
        name = self.machine.name
        return self.x86 and (name == "pc" or name.startswith(_I440FX_PREFIXES))

    @property
    def arm_virt(self) -> bool:
        """Whether it is Arm's machine for virtualization."""
        return self.arch in ("armv6l", "armv7l", "aarch64") and self._is_virt

    @property
    def riscv(self) -> bool:
        """Whether it is a RISC-V board of any kind."""
        return self.arch in ("riscv32", "riscv64")

    @property
    def riscv_virt(self) -> bool:
        """Whether it is RISC-V's machine for virtualization."""
        return self.riscv and self._is_virt

    @property
    def loongarch_virt(self) -> bool:
        """Whether it is LoongArch's machine for virtualization."""
        return self.arch == "loongarch64" and self._is_virt

    @property
    def _is_virt(self) -> bool:
        return self.machine.name == "virt" or self.machine.name.startswith("virt-")

    @property
    def ppc64(self) -> bool:
        """Whether it is a 64-bit Power machine of any kind."""
        return self.arch in ("ppc64", "ppc64le")

    @property
    def pseries(self) -> bool:
        """Whether it is Power's machine for virtualization."""
        name = self.machine.name
        return self.ppc64 and (name == "pseries" or name.startswith("pseries-"))

    @property
    def s390(self) -> bool:
        """Whether it is an IBM Z machine."""
        return self.arch in ("s390", "s390x")

    @property
    def s390_ccw(self) -> bool:
        """Whether its devices are on the channel subsystem."""
        return self.s390 and self.machine.name.startswith("s390-ccw")

    @property
    def has_pci(self) -> bool:
        """Whether devices may be on PCI; on most architectures the guest's own affair."""
        if self.arm:
            return self.arm_virt or self.machine.name == "versatilepb"
        return self.riscv_virt if self.riscv else True

    @property
    def has_pci_buses(self) -> bool:
        """Whether QEMU numbers the machine's PCI buses, so that there can be several."""
        virt = self.arm_virt or self.riscv_virt or self.loongarch_virt
        return self.arch in _MULTIBUS or virt

    @property
    def has_ide(self) -> bool:
        """Whether an IDE controller is built in."""
        return self.i440fx or self.machine.name in ("malta", "sun4u", "g3beige")

    @property
    def has_ps2(self) -> bool:
        """Whether a controller for a PS/2 keyboard and mouse can be built in."""
        other = self.x86 and (self.machine.name.startswith("xenfv") or self.machine.name == "isapc")
        return self.caps.has_device("i8042") and (self.i440fx or self.q35 or other)

    @property
    def has_esp(self) -> bool:
        """Whether an NCR 53C90 SCSI controller is built in."""
        name = self.machine.name
        mips = self.arch in ("mips64", "mips64el") and name in ("magnum", "pica61")
        return self.arch == "sparc" or mips or (self.arch == "m68k" and name == "q800")

    @property
    def express_root(self) -> bool:
        """Whether the machine's own PCI bus is a PCI Express one."""
        return self.q35 or self.arm_virt or self.riscv_virt or self.arch == "loongarch64"

    @property
    def root_bus(self) -> str:
        """The name of the PCI bus that controller 0 stands for."""
        if not self.has_pci_buses:
            return "pci"
        return "pcie.0" if self.express_root else "pci.0"

    def pci_bus(self, index: int) -> str:
        """The name of a PCI bus by its controller's index."""
        return self.buses.get(("pci", index)) or (f"pci.{index}" if index else self.root_bus)

    def bus(self, kind: str, index: int) -> str:
        """The name of a controller by its type and index; its bus is that and ".0"."""
        return self.buses.get((kind, index)) or f"{kind}{index}"


def machine_of(domain: Domain, caps: QemuCapabilities) -> MachineType:
    """The machine type a domain asks for. Raises Unsupported, InvalidDocument."""
    kind = domain.os.type
    if kind.kind not in (None, "hvm"):
        raise unsupported("os/type", f"'{kind.kind}'", kind.line)
    if kind.arch not in (None, caps.arch, *_GUESTS_OF.get(caps.arch, ())):
        raise unsupported("os/type", f"arch '{kind.arch}' with {caps.emulator}", kind.line)
    return caps.machine(word(kind.machine, "os/type") if kind.machine else None)


def board_for(
    domain: Domain,
    caps: QemuCapabilities,
    *,
    new: bool = False,
    starting: bool = False,
    firmware: HostFirmware | None = None,
) -> Board:
    """The board a domain asks for. Raises Unsupported, InvalidDocument."""
    buses: dict[tuple[str, int], str] = {}
    for controller in domain.devices.controllers:
        if controller.alias is not None and controller.master is None:
            name = controller.alias.name
            if controller.model == "pci-root" and controller.target and controller.target.index:
                name = f"{name}.0"  # a pSeries host bridge besides the first
            buses[controller.type, controller.index or 0] = name
    arch = domain.os.type.arch or caps.arch
    machine = machine_of(domain, caps)
    board = Board(caps, machine, arch, new=new, starting=starting, firmware=firmware)
    return board._replace(buses=buses | dict(_built_in_names(board)))


def _built_in_names(board: Board) -> Iterator[tuple[tuple[str, int], str]]:
    """What QEMU calls the controllers it makes by itself, whatever the document calls them."""
    yield ("pci", 0), board.root_bus
    if board.has_ide:
        yield ("ide", 0), "ide"
    if board.q35:
        yield ("sata", 0), "ide"
