"""What contradicts between the elements of a domain, whatever the hypervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...errors import InvalidDocument
from ..engine.number_sets import numbers
from ..engine.repeated import repeated
from ..names import check_name
from .addresses.placed import boot_orders
from .disks import disks_problems
from .hostdevs import hostdev_problems
from .lines import line_problems
from .memory_devices import memory_device_problems
from .numa import Numa
from .seat import seat_problems
from .sysinfo import SmBiosInfo

if TYPE_CHECKING:
    from .root import Domain

_COREDUMP = ("coredump-destroy", "coredump-restart")


def names(domain: Domain) -> Iterator[str]:
    """The name and the title."""
    try:
        check_name(domain.name)
    except InvalidDocument as error:
        yield str(error.details["reason"])
    if domain.title and "\n" in domain.title:
        yield "the title must be one line"
    for info in domain.sysinfos:
        told = info.system.get("uuid") if isinstance(info, SmBiosInfo) and info.system else None
        if told is not None and domain.uuid is not None and told != domain.uuid:
            yield "the UUID of <sysinfo> is not that of the domain"


def memory(domain: Domain) -> Iterator[str]:
    """Parts within the whole, the whole within the bounds."""
    total_kib = domain.memory.size_kib
    hotplugged_kib = sum(device.target.size.size_kib for device in domain.devices.memories)
    if hotplugged_kib > total_kib:
        yield "the memory devices have more than the guest"
    elif hotplugged_kib == total_kib:
        yield "memory is missing: neither <memory> nor <numa> says how much"
    limit = domain.max_memory
    if limit is not None and limit.size_kib and limit.size_kib < total_kib:
        yield "maxMemory is less than memory"
    if limit is not None and limit.slots and not limit.size_kib:
        yield "slots without maxMemory"


def boot(domain: Domain) -> Iterator[str]:
    """The firmware, and what is booted."""
    os = domain.os
    kind = os.type.kind
    if kind == "exe" and not os.init:
        yield "a container needs <init>"
    features = os.firmware_features
    if os.firmware is None and features is not None:
        yield "features of a firmware, but none is to be chosen"
    keys = features is not None and features.wanted("enrolled-keys")
    if features is not None and keys and features.wanted("secure-boot") is False:
        yield "firmware feature 'enrolled-keys' needs 'secure-boot'"
    if os.nvram is not None and os.firmware == "bios":
        yield "firmware of type 'bios' has no nvram"
    loader = os.loader
    if os.firmware is None and (loader or os.nvram) and not (loader and loader.path):
        yield "no loader, and no firmware is to be chosen"
    if loader is not None and loader.stateless and os.nvram is not None:
        yield "a stateless loader has no nvram"
    if loader is not None and loader.stateless is False:
        if os.firmware is None and loader.type != "pflash":
            yield "only a loader of type 'pflash' has nvram"
        if os.firmware == "bios":
            yield "only firmware of type 'efi' has nvram"
    if (loader or os.nvram) and os.shim and not os.kernel:
        yield "a shim goes with a kernel"


def lifecycle(domain: Domain) -> Iterator[str]:
    """Only a crash leaves something to dump."""
    for name in ("on_poweroff", "on_reboot"):
        action = getattr(domain, name)
        if action in _COREDUMP:
            yield f"{name} cannot be '{action}'"


def processors(domain: Domain) -> Iterator[str]:
    """All that is said of processors and threads is said of those there are."""
    maximum = domain.vcpu.maximum or 1
    if domain.vcpus is not None:
        for vcpu in domain.vcpus.vcpu:
            if vcpu.id >= maximum:
                yield f"vcpu {vcpu.id} is not one of {maximum}"
            if not vcpu.enabled and vcpu.hotpluggable is False:
                yield f"vcpu {vcpu.id} is off and cannot be plugged in"
        if not any(vcpu.enabled for vcpu in domain.vcpus.vcpu):
            yield "no vcpu is enabled"
    topology = domain.cpu.topology if domain.cpu else None
    if topology is not None and topology.count() >= 2**32:
        yield f"the CPU topology makes {topology.count()} processors"
    tune = domain.cputune
    if tune is None:
        return
    for scheduler in tune.vcpusched:
        if any(vcpu >= maximum for vcpu in numbers(scheduler.vcpus)):
            yield f"vcpusched: vcpu {scheduler.vcpus} is not one of {maximum}"
    threads = iothread_ids(domain)
    for pin in tune.iothreadpin:
        if pin.iothread not in threads:
            yield f"iothreadpin: there is no iothread {pin.iothread}"
    for each in tune.iothreadsched:
        if not threads.issuperset(numbers(each.iothreads)):
            yield f"iothreadsched: there is no iothread {each.iothreads}"


def iothread_ids(domain: Domain) -> set[int]:
    """The numbers of all threads for I/O, told one by one or as a count."""
    if domain.iothreadids is not None:
        return {thread.id for thread in domain.iothreadids.iothread}
    return set(range(1, (domain.iothreads or 0) + 1))


def iothreads(domain: Domain) -> Iterator[str]:
    """Each thread once."""
    if domain.iothreadids is not None:
        ids = [thread.id for thread in domain.iothreadids.iothread]
        for number in repeated(ids):
            yield f"iothread {number} is given more than once"


def numa(domain: Domain) -> Iterator[str]:
    """All that is said of NUMA nodes is said of those there are."""
    cells = domain.cpu.numa if domain.cpu and domain.cpu.numa else Numa()
    count = len(cells.cell)
    used = [cpu for cell in cells.cell for cpu in numbers(cell.cpus)]
    if used and max(used) >= (domain.vcpu.maximum or 1):
        yield f"processor {max(used)} of <numa> is not one of {domain.vcpu.maximum or 1}"
    if domain.numatune is not None:
        for node in domain.numatune.memnode:
            if node.cellid >= count:
                yield f"memnode: there is no NUMA cell {node.cellid}"
    pages = domain.memory_backing.hugepages if domain.memory_backing else None
    for page in pages.page if pages else ():
        missing = [node for node in numbers(page.nodeset) if node >= max(count, 1)]
        if missing:
            yield f"hugepages: there is no NUMA cell {missing[0]}"
    for device in domain.devices.memories:
        if device.target.node is not None and device.target.node >= count:
            yield f"a memory device is for NUMA cell {device.target.node}, which is not there"
    yield from _interconnects(cells)


def _interconnects(cells: Numa) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    ways: set[tuple[int, int]] = set()
    for link in cells.interconnects.links if cells.interconnects else ():
        if max(link.initiator, link.target) >= len(cells.cell):
            yield f"a link from {link.initiator} to {link.target}, but not both cells are there"
            continue
        if not cells.cell[link.initiator].cpus:
            yield f"cell {link.initiator} has no processors to begin a link"
        levels = [cache.level for cache in cells.cell[link.target].cache]
        if link.cache and link.cache not in levels:
            yield f"cell {link.target} has no cache of level {link.cache}"
        key = (type(link), link.initiator, link.target, link.cache, link.type)
        if key in seen:
            yield f"the link from {link.initiator} to {link.target} is told twice"
        if link.initiator != link.target and (link.target, link.initiator) in ways:
            yield f"the link between {link.initiator} and {link.target} is told both ways"
        seen.add(key)
        ways.add((link.initiator, link.target))


def devices(domain: Domain) -> Iterator[str]:
    """What must be there once only."""
    found = domain.devices
    boots = boot_orders(found)
    if boots and domain.os.boot:
        yield "a device's <boot> and the <boot> of <os> exclude each other"
    used: dict[str, list[object]] = {
        "disk target": [disk.target.dev for disk in found.disks],
        "boot order": [*boots],
        "controller": [
            f"{c.type} {c.index}"
            for c in found.controllers
            if c.index is not None and c.type != "usb"  # USB 2 has companions of its index
        ],
    }
    for what, each in used.items():
        for name in repeated(each):
            yield f"{what} {name} is used more than once"


def lines(domain: Domain) -> Iterator[str]:
    """Serial lines and consoles."""
    return line_problems(domain.devices)


def memory_devices(domain: Domain) -> Iterator[str]:
    """Memory on modules and from the host."""
    return memory_device_problems(domain.devices)


def security_labels(domain: Domain) -> Iterator[str]:
    """One for each model, which each names when there are several."""
    models = [label.model for label in domain.seclabels]
    if len(models) > 1 and None in models:
        yield "each of several <seclabel>s needs a 'model'"
    for model in repeated(m for m in models if m):
        yield f"more than one <seclabel> for model '{model}'"


def host_devices(domain: Domain) -> Iterator[str]:
    """Devices of the host."""
    return hostdev_problems(domain.devices)


def iommu(domain: Domain) -> Iterator[str]:
    """Remapped interrupts need the I/O APIC in QEMU, and wide ones need remapping."""
    driver = domain.devices.iommu.driver if domain.devices.iommu else None
    if driver is None:
        return
    ioapic = domain.features.ioapic if domain.features else None
    if driver.intremap and (ioapic is None or ioapic.driver != "qemu"):
        yield "the IOMMU's intremap needs <ioapic driver='qemu'/>"
    if driver.eim and not driver.intremap:
        yield "the IOMMU's eim needs intremap"


CHECKS: tuple[Callable[[Domain], Iterator[str]], ...] = (
    names, memory, boot, lifecycle, processors, iothreads, numa, devices, lines, disks_problems,
    seat_problems, host_devices, iommu, memory_devices, security_labels,
)  # fmt: skip
