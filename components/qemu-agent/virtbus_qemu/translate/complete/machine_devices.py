"""Devices that a machine has without being asked."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.input import Input, InputBus, InputType
from virtbus.model.domain.devices.iommu import Iommu, IommuDriver
from virtbus.model.domain.devices.panic import Panic, PanicModel
from virtbus.model.domain.devices.small import MemBalloon, Watchdog
from virtbus.model.domain.features import Features, IoApic

from ..machine import Board

_WITH_BALLOON = (
    "x86_64", "i686", "ppc64", "ppc64le", "alpha", "ppc", "ppcemb", "sh4", "sh4eb", "riscv32",
    "riscv64", "s390", "s390x", "sparc64", "mips", "mipsel", "mips64", "mips64el",
)  # fmt: skip
"""The architectures whose guests always had one."""
_MAX_PROCESSORS_WITHOUT_EIM = 255


def machine_devices(domain: Domain, board: Board) -> None:
    """PS/2 inputs, a balloon, the watchdog and panic device of the machine, its IOMMU."""
    devices = domain.devices
    ps2 = domain.features.ps2 if domain.features is not None else None
    if board.has_ps2 and (ps2 is None or ps2.state is not False):
        _add_input(devices, "mouse", "ps2")
        _add_input(devices, "keyboard", "ps2")
    if devices.memballoon is None and board.arch in _WITH_BALLOON:
        devices.memballoon = MemBalloon(model="virtio")
    if board.ppc64 and devices.graphics:
        _power_inputs(devices)
    _panics(devices, board)
    if board.q35:
        if all(dog.model != "itco" for dog in devices.watchdogs):
            action = devices.watchdogs[0].action if devices.watchdogs else "reset"
            devices.watchdogs.append(Watchdog(model="itco", action=action))
        if (domain.vcpu.maximum or 1) > _MAX_PROCESSORS_WITHOUT_EIM:
            _add_iommu(devices, board)
    _io_apic(domain)


def _add_input(devices: Devices, kind: InputType, bus: InputBus) -> None:
    if not any(each.type == kind and each.bus == bus for each in devices.inputs):
        devices.inputs.append(Input(type=kind, bus=bus))


def _power_inputs(devices: Devices) -> None:
    """A keyboard and mouse on USB; no mouse beside a tablet."""
    _add_input(devices, "keyboard", "usb")
    if not any(each.type == "tablet" and each.bus == "usb" for each in devices.inputs):
        _add_input(devices, "mouse", "usb")


def _panics(devices: Devices, board: Board) -> None:
    """A model for each; where the firmware does what a panic device does, there is one."""
    own = _own_panic(board)
    by_firmware = board.pseries or board.s390
    if by_firmware and not any(panic.model in (None, own) for panic in devices.panics):
        devices.panics.append(Panic())
    for panic in devices.panics:
        panic.model = panic.model or own


def _own_panic(board: Board) -> PanicModel | None:
    if board.pseries:
        return "pseries"
    if board.s390:
        return "s390"
    if board.x86:
        return "isa"
    return "pvpanic" if board.arm_virt else None


def _add_iommu(devices: Devices, board: Board) -> None:
    """So many processors need interrupts that only an IOMMU can address."""
    can = [name for name in ("intremap", "eim") if board.caps.has_property("intel-iommu", name)]
    iommu = devices.iommu
    if iommu is None and len(can) == 2:
        devices.iommu = Iommu(model="intel", driver=IommuDriver(intremap=True, eim=True))
    elif iommu is not None and iommu.model == "intel" and board.new:
        driver = iommu.driver = iommu.driver or IommuDriver()
        for name in can:
            if getattr(driver, name) is None:
                setattr(driver, name, True)


def _io_apic(domain: Domain) -> None:
    """An IOMMU that remaps interrupts needs QEMU's own I/O APIC."""
    iommu = domain.devices.iommu
    if iommu is not None and iommu.driver is not None and iommu.driver.intremap:
        features = domain.features = domain.features or Features()
        features.ioapic = features.ioapic or IoApic(driver="qemu")
