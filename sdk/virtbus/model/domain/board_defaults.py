"""What a definition leaves out of processors, memory and threads, filled in."""

from __future__ import annotations

from ..engine.table import says_nothing
from .addresses.placed import boot_orders
from .boot import Boot
from .cputune import CpuTune
from .memory import CurrentMemory
from .numa import NumaMemory, NumaTune
from .resource_control import settle_tunes
from .root import Domain
from .sysinfo import SmBiosInfo, SysInfo
from .vcpu import IoThread, VcpuState


def settle_identity(domain: Domain, uuid: str, genid: str) -> None:
    """The UUID (that of <sysinfo>, when only that tells one) and the generation."""
    if domain.uuid is None:
        domain.uuid = next(filter(None, map(_told_uuid, domain.sysinfos)), uuid)
    if domain.genid == "":
        domain.genid = genid


def _told_uuid(info: SysInfo) -> str | None:
    system = info.system if isinstance(info, SmBiosInfo) else None
    return system.get("uuid") if system else None


def settle_memory(domain: Domain) -> None:
    """How much there is, and how much of it the guest has when it starts."""
    cells = domain.cpu.numa.cell if domain.cpu and domain.cpu.numa else []
    if not domain.memory.size_kib and cells:
        devices = sum(device.target.size.size_kib for device in domain.devices.memories)
        domain.memory.size_kib = devices + sum(cell.size_kib for cell in cells)
    current = domain.current_memory
    if current is None or not 0 < current.size_kib <= domain.memory.size_kib:
        domain.current_memory = CurrentMemory(size_kib=domain.memory.size_kib)
    limit = domain.max_memory
    if limit is not None:
        limit.slots = limit.slots or None
        if not limit.size_kib and not limit.slots:
            domain.max_memory = None
    pages = domain.memory_backing.hugepages if domain.memory_backing else None
    if pages is not None:
        if not cells:
            for page in pages.page:
                page.nodeset = None if page.nodeset == "0" else page.nodeset
        if len(pages.page) == 1 and not pages.page[0].size:
            pages.page = []


def settle_processors(domain: Domain) -> None:
    """How many there are, and where they may run."""
    vcpu = domain.vcpu
    vcpu.maximum = vcpu.maximum or 1
    _settle_placement(domain)
    if domain.vcpus is not None:
        if domain.vcpus.vcpu:
            _settle_states(domain, vcpu.maximum)
        else:
            domain.vcpus = None
    if vcpu.current == vcpu.maximum:
        vcpu.current = None
    if domain.cputune is not None:
        _settle_pins(domain, domain.cputune)


def _settle_states(domain: Domain, maximum: int) -> None:
    """Told one by one, all are told; those not named are off."""
    assert domain.vcpus is not None
    told = {state.id: state for state in domain.vcpus.vcpu}
    for number in range(min(maximum, 16384)):
        told.setdefault(number, VcpuState(id=number, enabled=False))
    domain.vcpus.vcpu = [told[number] for number in sorted(told)]
    for state in domain.vcpus.vcpu:
        if state.hotpluggable is None:
            state.hotpluggable = not state.enabled
        state.order = state.order or None
    domain.vcpu.current = sum(state.enabled for state in domain.vcpus.vcpu) or None


def _settle_pins(domain: Domain, tune: CpuTune) -> None:
    """A processor that is not there is not pinned."""
    maximum = domain.vcpu.maximum or 1
    settle_tunes(tune.cachetune, tune.memorytune, maximum)
    tune.vcpupin = [pin for pin in tune.vcpupin if pin.vcpu < maximum]
    if domain.iothreadids is not None:
        order = {thread.id: n for n, thread in enumerate(domain.iothreadids.iothread)}
        tune.iothreadpin.sort(key=lambda pin: order.get(pin.iothread, 0))
    else:
        tune.iothreadpin.sort(key=lambda pin: pin.iothread)


def _settle_placement(domain: Domain) -> None:
    """A service that places the memory places the processors, and the other way round."""
    vcpu = domain.vcpu
    vcpu.placement = vcpu.placement or "static"
    tune = domain.numatune
    if tune is not None and tune.memory is not None and says_nothing(tune.memory):
        tune.memory = None
    if vcpu.placement == "auto":
        vcpu.cpuset = None
        tune = domain.numatune = tune or NumaTune()
        tune.memory = tune.memory or NumaMemory(placement="auto")
    if tune is None:
        return
    if tune.memory is not None:
        _settle_numa_memory(tune.memory, vcpu.placement)
        if tune.memory.placement == "auto" and not vcpu.cpuset and not _pinned(domain.cputune):
            vcpu.placement = "auto"
    elif not tune.memnode:
        domain.numatune = None


def _settle_numa_memory(memory: NumaMemory, placement: str) -> None:
    """Nodes that are named say all; else a service chooses them, or the check refuses."""
    memory.mode = memory.mode or "strict"
    if memory.placement is None and memory.nodeset is None:
        memory.placement = "auto" if placement == "auto" else "static"
    if memory.placement == "auto":
        memory.nodeset = None
    elif memory.nodeset is not None:
        memory.placement = None


def _pinned(tune: CpuTune | None) -> bool:
    return tune is not None and bool(tune.vcpupin or tune.emulatorpin or tune.iothreadpin)


def settle_iothreads(domain: Domain) -> None:
    """As many threads as are counted or named; those counted but not named get free numbers."""
    named = domain.iothreadids.iothread if domain.iothreadids else []
    count = max(domain.iothreads or 0, len(named))
    domain.iothreads = count or None
    if not named:
        domain.iothreadids = None
        return
    used = {thread.id for thread in named}
    free = (number for number in range(1, count + len(named) + 1) if number not in used)
    named += [IoThread(id=next(free)) for _ in range(count - len(named))]
    default = domain.defaultiothread
    if default is not None and default.thread_pool_min is None and default.thread_pool_max is None:
        domain.defaultiothread = None


def settle_boot(domain: Domain) -> None:
    """A guest of which nothing is said boots from its first disk; a loader is a ROM."""
    os = domain.os
    if os.loader is not None and os.loader.path and os.loader.type is None:
        os.loader.type = "rom"
    if os.type.kind not in (None, "hvm") or os.boot:
        return
    if not boot_orders(domain.devices):
        os.boot = [Boot(dev="hd")]
