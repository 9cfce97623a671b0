"""A document completed for one machine: what libvirt's QEMU driver adds to it.

The hardware a guest sees is settled here, once, when it is defined; `complete` changes
nothing in a document that is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Boot
from virtbus.model.domain.cpu import Cpu, CpuModel
from virtbus.model.domain.devices import Devices
from virtbus.model.domain.devices.address import DriveAddress, VirtioSerialAddress
from virtbus.model.domain.devices.character import (
    CharacterDevice,
    CharacterTarget,
    Console,
    Serial,
    TargetModel,
)
from virtbus.model.domain.devices.controller import Controller, ControllerType
from virtbus.model.domain.devices.disk import Disk, DiskDriver
from virtbus.model.domain.devices.graphics import Graphics, Listen
from virtbus.model.domain.devices.interface import Interface, InterfaceModel
from virtbus.model.domain.devices.small import Input, MemBalloon, Rng, Watchdog
from virtbus.model.domain.devices.video import Video, VideoModel

from . import drives
from .capabilities import QemuCapabilities
from .machine import Board, board_of, machine_of
from .pci import PciBuses, complete_pci_controller

PciDevice: TypeAlias = Controller | Interface | Disk | MemBalloon | Rng | Watchdog | Video | Input
MIB_KIB = 1024
DEFAULT_NIC = "rtl8139"
CONVENTIONAL_NICS = ("rtl8139", "e1000", "ne2k_pci", "pcnet", "i82551", "i82557b", "i82559er")


def complete(domain: Domain, caps: QemuCapabilities) -> None:
    """Settle all that `domain` leaves open for this emulator. Pure apart from `domain`.

    Expects the generic defaults (`virtbus.model.domain.apply_defaults`) to be there. On
    return: machine type by its full name, emulator, CPU model, controllers, models, and
    addresses on every bus. Raises Unsupported or InvalidDocument for what cannot be had.
    """
    machine = machine_of(domain, caps)
    board = board_of(machine, caps)
    domain.os.type.kind = "hvm"
    domain.os.type.arch = caps.arch
    domain.os.type.machine = machine.name
    domain.devices.emulator = domain.devices.emulator or caps.emulator
    _memory(domain)
    _boot(domain)
    if domain.cpu is None or (domain.cpu.mode is None and domain.cpu.model is None):
        _default_cpu(domain, machine.cpu_model)
    devices = domain.devices
    _models(devices)
    devices.disks = drives.ordered(devices.disks)
    drives.assign(devices.disks)
    _controllers(devices, board)
    _serial_ports(devices)
    _pci(devices, board)


def _boot(domain: Domain) -> None:
    """A guest of which nothing is said boots from its first disk."""
    orders = [device.boot for device in domain.devices.disks]
    orders += [device.boot for device in domain.devices.interfaces]
    if not domain.os.boot and not any(orders):
        domain.os.boot = [Boot(dev="hd")]


def _memory(domain: Domain) -> None:
    """QEMU takes whole MiB; as libvirt, round up."""
    memory, current = domain.memory, domain.current_memory
    memory.size_kib = -(-memory.size_kib // MIB_KIB) * MIB_KIB
    if current is not None:
        current.size_kib = min(current.size_kib, memory.size_kib)


def _default_cpu(domain: Domain, model: str) -> None:
    if not model:
        return
    cpu = domain.cpu = domain.cpu or Cpu()
    cpu.mode, cpu.match, cpu.check = "custom", "exact", "none"
    cpu.model = CpuModel(fallback="forbid", name=model)


def _models(devices: Devices) -> None:
    for disk in devices.disks:
        disk.driver = disk.driver or DiskDriver()
        disk.driver.name = disk.driver.name or "qemu"
        if disk.path:
            disk.driver.type = disk.driver.type or "raw"
    for interface in devices.interfaces:
        interface.model = interface.model or InterfaceModel(type=DEFAULT_NIC)
    for serial in devices.serials:
        _serial_target(serial)
    for graphics in devices.graphics:
        _listen(graphics)
    for video in devices.videos:
        if video.model is None or video.model.type == "default":
            video.model = VideoModel(type="vga")
        _video_memory(video.model)
    for device in devices.inputs:
        device.bus = device.bus or ("ps2" if device.type != "tablet" else "usb")
    if devices.memballoon is None:
        devices.memballoon = MemBalloon(model="virtio")


def _video_memory(model: VideoModel) -> None:
    if model.type in ("vga", "cirrus"):
        model.vram_kib = model.vram_kib or 16384
    elif model.type == "qxl":
        model.ram_kib = model.ram_kib or 65536
        model.vram_kib = model.vram_kib or 65536
        model.vgamem_kib = model.vgamem_kib or 16384
        model.heads = model.heads or 1


def _serial_target(serial: Serial) -> None:
    serial.target = serial.target or CharacterTarget(port=0)
    target = serial.target
    if target.type in (None, "isa-serial"):
        target.type = "isa-serial"
        target.model = target.model or TargetModel(name="isa-serial")


def _listen(graphics: Graphics) -> None:
    """The first <listen> and the older attributes say the same."""
    if graphics.type != "vnc":
        return
    if not graphics.listen:
        if graphics.socket:
            graphics.listen.append(Listen(type="socket", socket=graphics.socket))
        else:
            address = graphics.listen_address or "127.0.0.1"
            graphics.listen.append(Listen(type="address", address=address))
    first = graphics.listen[0]
    if first.type == "address":
        first.address = first.address or graphics.listen_address or "127.0.0.1"
        graphics.listen_address = first.address
        if graphics.port is None or graphics.port == -1:
            graphics.autoport = True
        if graphics.autoport:
            graphics.port = -1


def _controllers(devices: Devices, board: Board) -> None:
    root = "pcie-root" if board.q35 else "pci-root"
    for controller in devices.controllers:
        if controller.index is None:
            controller.index = _free_index(devices, controller.type)
        if controller.type == "scsi":
            controller.model = controller.model or "virtio-scsi"
    _ensure(devices, "pci", 0, root)
    for disk in devices.disks:
        address = disk.address
        if isinstance(address, DriveAddress):
            bus = disk.target.bus
            if bus in ("ide", "sata", "scsi", "fdc"):
                _ensure(devices, bus, address.controller, "virtio-scsi" if bus == "scsi" else None)
    if any(c.target and c.target.type == "virtio" for c in _lines(devices)):
        _ensure(devices, "virtio-serial", 0, None)
    _ensure(devices, "usb", 0, "qemu-xhci" if board.q35 else "piix3-uhci")
    for controller in devices.controllers:
        if controller.type == "usb" and controller.model is None:
            controller.model = "qemu-xhci" if board.q35 else "piix3-uhci"


def _lines(devices: Devices) -> Iterator[CharacterDevice]:
    yield from devices.channels
    yield from virtio_consoles(devices)


def virtio_consoles(devices: Devices) -> list[Console]:
    """The consoles that are devices of their own, not another name of a serial port."""
    return [c for c in devices.consoles if c.target and c.target.type == "virtio"]


def _free_index(devices: Devices, kind: ControllerType) -> int:
    used = {c.index for c in devices.controllers if c.type == kind}
    return next(i for i in range(len(used) + 1) if i not in used)


def _ensure(devices: Devices, kind: ControllerType, index: int, model: str | None) -> None:
    if not any(c.type == kind and c.index == index for c in devices.controllers):
        devices.controllers.append(Controller(type=kind, index=index, model=model))


def _serial_ports(devices: Devices) -> None:
    """Ports of virtio-serial controllers; port 0 is for a console, as libvirt keeps it."""
    used: set[tuple[int, int]] = set()
    lines = [c for c in _lines(devices) if c.target and c.target.type == "virtio"]
    for line in lines:
        if isinstance(line.address, VirtioSerialAddress) and line.address.port is not None:
            used.add((line.address.controller, line.address.port))
    for line in lines:
        address = line.address
        if address is None:
            address = line.address = VirtioSerialAddress()
        if isinstance(address, VirtioSerialAddress) and address.port is None:
            first = 0 if isinstance(line, Console) else 1
            taken = {port for controller, port in used if controller == address.controller}
            address.port = next(p for p in range(first, 4096) if p not in taken)
            used.add((address.controller, address.port))


def _pci(devices: Devices, board: Board) -> None:
    buses = PciBuses(board, devices.controllers)
    for controller in devices.controllers:
        if controller.type == "pci":
            if controller.address is not None:
                buses.reserve(controller.address, "controller")
            complete_pci_controller(controller)
    waiting: list[PciDevice] = []
    for device in pci_devices(devices):
        if device.address is not None:
            if not _is_built_in(device, board):
                buses.reserve(device.address, "device")
        else:
            waiting.append(device)
    for controller in devices.controllers:
        if controller.type == "pci" and controller.address is None and controller.index:
            controller.address = buses.next_slot(express=False)
            complete_pci_controller(controller)
    _settle_video(devices, buses, waiting)
    for device in waiting:
        if device.address is None:
            _give(device, buses, board)


def _settle_video(devices: Devices, buses: PciBuses, waiting: list[PciDevice]) -> None:
    """The first graphics card has the place that firmware and guests expect it in."""
    if devices.videos and devices.videos[0] in waiting:
        slot = 1 if buses.board.q35 else 2
        devices.videos[0].address = buses.try_reserve(0, slot)


def _give(device: PciDevice, buses: PciBuses, board: Board) -> None:
    if isinstance(device, Controller) and (device.model or "").startswith("piix"):
        device.address = buses.try_reserve(0, 1, 2)
        if device.address is not None:
            return
    if _is_built_in(device, board):
        return
    conventional = isinstance(device, Watchdog | Video) or (
        isinstance(device, Interface)
        and device.model is not None
        and device.model.type in CONVENTIONAL_NICS
    )
    device.address = buses.next_slot(express=not conventional)


def _is_built_in(device: PciDevice, board: Board) -> bool:
    """Whether the machine has that controller without being asked."""
    if not isinstance(device, Controller):
        return False
    if device.index != 0:
        return False
    return device.type == ("sata" if board.q35 else "ide")


def pci_devices(devices: Devices) -> Iterator[PciDevice]:
    """All that sits on a PCI bus, in the order in which libvirt gives addresses."""
    yield from devices.interfaces
    for controller in devices.controllers:
        if controller.type in ("scsi", "virtio-serial", "usb", "sata"):
            if not (controller.type == "usb" and controller.model == "none"):
                yield controller
        elif controller.type == "ide" and controller.address is not None:
            yield controller
    yield from (disk for disk in devices.disks if disk.target.bus == "virtio")
    if devices.memballoon is not None and devices.memballoon.model != "none":
        yield devices.memballoon
    yield from devices.rngs
    yield from (dog for dog in devices.watchdogs if dog.model == "i6300esb")
    yield from (v for v in devices.videos if v.model and v.model.type not in ("none", "ramfb"))
    yield from (device for device in devices.inputs if device.bus == "virtio")
