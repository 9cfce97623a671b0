"""The machine a guest gets: what is built in, and where its buses are."""

from __future__ import annotations

from typing import NamedTuple

from virtbus.model.domain import Domain

from .capabilities import MachineType, QemuCapabilities
from .words import unsupported, word


class Board(NamedTuple):
    """A machine type of one emulator, and what all machines of its family have in common."""

    caps: QemuCapabilities
    machine: MachineType

    @property
    def q35(self) -> bool:
        """Whether it is a PC whose root bus is PCI Express."""
        return self.machine.name.startswith("pc-q35-") or self.machine.name == "q35"

    @property
    def root_bus(self) -> str:
        """The name of the PCI bus that controller 0 stands for."""
        return "pcie.0" if self.q35 else "pci.0"

    def pci_bus(self, index: int) -> str:
        """The name of a PCI bus by its controller's index."""
        return f"pci.{index}" if index else self.root_bus


def machine_of(domain: Domain, caps: QemuCapabilities) -> MachineType:
    """The machine type a domain asks for. Raises Unsupported, InvalidDocument."""
    kind = domain.os.type
    if kind.kind not in (None, "hvm"):
        raise unsupported("os/type", f"'{kind.kind}'", kind.line)
    if kind.arch not in (None, caps.arch):
        raise unsupported("os/type", f"arch '{kind.arch}' with {caps.emulator}", kind.line)
    return caps.machine(word(kind.machine, "os/type") if kind.machine else None)


def board_of(machine: MachineType, caps: QemuCapabilities) -> Board:
    """The family of a machine type. Raises Unsupported for those not known here."""
    board = Board(caps=caps, machine=machine)
    pc = machine.name.startswith("pc-i440fx-") or machine.name == "pc"
    if caps.arch in ("x86_64", "i686") and (pc or board.q35):
        return board
    raise unsupported("os/type", f"machine '{machine.name}' of {caps.arch}")


def board_for(domain: Domain, caps: QemuCapabilities) -> Board:
    """The board a domain asks for. Raises Unsupported, InvalidDocument."""
    return board_of(machine_of(domain, caps), caps)
