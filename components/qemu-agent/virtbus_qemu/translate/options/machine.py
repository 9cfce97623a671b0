"""-machine, -accel and the chipset's own properties."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.features import Features

from ..boot import devices_have_loadparm, first_loadparm
from ..machine import Board
from ..words import escaped, keyed, on_off, unsupported
from .memory_devices import machine_memory_options

_PCI_HOSTS = {"pci-root": "i440FX-pcihost", "pcie-root": "q35-pcihost"}
_ACCELERATORS = {"qemu": "tcg", "kvm": "kvm", "hvf": "hvf"}
_IRQ_CHIPS = {"qemu": "split", "kvm": "on"}


def machine_options(domain: Domain, board: Board, flash: tuple[str, ...]) -> Iterator[str]:
    """The machine; `flash` are the block nodes of its flash chips."""
    parts = [board.machine.name, "usb=off"]
    if domain.keywrap is not None:
        parts += [f"{c.name}-key-wrap={on_off(c.state)}" for c in domain.keywrap.cipher]
    parts += _feature_options(domain.features or Features(), board)
    parts += _memory_options(domain, board)
    cpu = domain.cpu
    if (
        cpu
        and cpu.mode == "host-model"
        and cpu.model
        and cpu.model.name
        and board.machine.name.startswith("pseries")
    ):
        parts.append(f"max-cpu-compat={cpu.model.name}")
    if domain.launch_security is not None:
        parts.append("confidential-guest-support=lsec0")
    parts += [f"pflash{chip}={node}" for chip, node in enumerate(flash)]
    if domain.cpu and domain.cpu.numa and domain.cpu.numa.interconnects:
        parts.append("hmat=on")
    if domain.os.bios is not None and domain.os.bios.use_serial:
        parts.append("graphics=off")
    if board.caps.arch in ("x86_64", "i686"):
        timers = domain.clock.timer if domain.clock else ()
        hpet = [t.present for t in timers if t.name == "hpet" and t.present is not None]
        parts += [f"hpet={on_off(present)}" for present in hpet[-1:]]  # the last one counts
    for sound in [sound for sound in domain.devices.sounds if sound.model == "pcspk"][-1:]:
        audio = sound.audio.id if sound.audio else 1
        parts.append(f"pcspk-audiodev=audio{audio}")
    if board.s390 and not devices_have_loadparm(board.caps):
        loadparm = first_loadparm(domain)
        parts += [f"loadparm={escaped(loadparm)}"] if loadparm else []
    if board.machine.acpi:
        parts.append(f"acpi={on_off(bool(domain.features and domain.features.acpi))}")
    yield from ("-machine", ",".join(parts))


def _feature_options(features: Features, board: Board) -> Iterator[str]:
    """In the order in which libvirt tells them."""
    gic = features.gic.version if features.gic else None
    hpt = features.hpt
    largest_kib = hpt.maxpagesize.size_kib if hpt and hpt.maxpagesize else None
    irq_chip = features.ioapic.driver if features.ioapic else None
    options: tuple[tuple[str, str | bool | None], ...] = (
        ("vmport", features.vmport.state if features.vmport else None),
        ("smm", features.smm.state if features.smm else None),
        ("gic-version", gic if board.caps.arch == "aarch64" else None),
        ("kernel_irqchip", _IRQ_CHIPS[irq_chip] if irq_chip else None),
        ("resize-hpt", hpt.resizing if hpt else None),
        ("cap-hpt-max-page-size", f"{largest_kib}k" if largest_kib else None),
        ("cap-htm", features.htm.state if features.htm else None),
        ("cap-nested-hv", features.nested_hv.state if features.nested_hv else None),
        ("cap-ccf-assist", features.ccf_assist.state if features.ccf_assist else None),
        ("cap-cfpc", features.cfpc.value if features.cfpc else None),
        ("cap-sbbc", features.sbbc.value if features.sbbc else None),
        ("cap-ibs", features.ibs.value if features.ibs else None),
        ("ras", features.ras.state if features.ras else None),
        ("i8042", features.ps2.state if features.ps2 else None),
        ("aia", features.aia.value if features.aia else None),
    )
    for name, value in options:
        if value is not None:
            yield f"{name}={on_off(value) if isinstance(value, bool) else value}"


def _memory_options(domain: Domain, board: Board) -> Iterator[str]:
    yield f"dump-guest-core={on_off(bool(domain.memory.dump_core))}"
    if domain.memory_backing is not None and domain.memory_backing.nosharepages:
        yield "mem-merge=off"
    yield from machine_memory_options(domain)
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    if board.machine.ram_id and not cells:
        yield f"memory-backend={board.machine.ram_id}"


def accelerator_options(domain: Domain, board: Board) -> Iterator[str]:
    """Who runs the guest's instructions. Raises Unsupported for what does not run here."""
    name = _ACCELERATORS.get(domain.type)
    if name is None or domain.type not in board.caps.domain_types:
        raise unsupported("domain", f"type '{domain.type}' on this host", domain.line)
    features = domain.features or Features()
    cache = features.tcg.tb_cache if features.tcg and name == "tcg" else None
    ring = features.kvm.dirty_ring if features.kvm and name == "kvm" else None
    yield "-accel"
    yield keyed(
        name,
        tb_size=cache.size_kib // 1024 if cache else None,
        dirty_ring_size=ring.entries if ring and ring.state else None,
    )


def chipset_options(domain: Domain) -> Iterator[str]:
    """Memory of system management mode; room for PCI devices above 4 GiB."""
    smm = domain.features.smm if domain.features else None
    if smm is not None and smm.state and smm.tseg is not None:
        yield from ("-global", f"mch.extended-tseg-mbytes={smm.tseg.size_bytes >> 20}")
    for controller in domain.devices.controllers:
        if controller.pcihole64 is not None:
            host = _PCI_HOSTS[controller.model or "pci-root"]
            yield from ("-global", f"{host}.pci-hole64-size={controller.pcihole64.size_kib}K")
