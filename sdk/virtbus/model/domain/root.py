"""<domain>: the guest."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import (
    ALWAYS,
    LIVE,
    Attr,
    Child,
    Children,
    Element,
    Kept,
    Name,
    Needed,
    NeededValue,
    Section,
    Value,
)
from ..engine.values import Int, UInt16, Uuid, UuidOrNothing
from . import checks
from .boot import Os
from .clock import Clock
from .cpu import Cpu
from .cputune import CpuTune
from .devices import Devices
from .features import Features
from .idmap import IdMap
from .memory import CurrentMemory, MaxMemory, Memory
from .memory_tuning import BlockTuning, MemoryBacking, MemoryTuning, Resource
from .native import (
    BhyveCommandLine,
    LxcNamespaces,
    QemuCapabilityChanges,
    QemuCommandLine,
    QemuDeprecation,
    QemuOverride,
    XenCommandLine,
)
from .numa import NumaTune
from .power import LifecycleAction, LockFailureAction, Perf, PowerManagement
from .security import KeyWrap, LaunchSecurity, SecurityLabel
from .sysinfo import SysInfo
from .throttle import ThrottleGroups
from .vcpu import DefaultIoThread, IoThreads, Vcpu, Vcpus

DomainType: TypeAlias = Literal[
    "qemu", "kqemu", "kvm", "xen", "lxc", "uml", "openvz", "test", "vmware", "hyperv", "vbox",
    "phyp", "parallels", "bhyve", "vz", "hvf",
]  # fmt: skip


def _no_memory() -> Memory:
    return Memory(size_kib=0)


class Domain(Element, kw_only=True):
    """<domain>."""

    type: Needed[DomainType]
    id: Annotated[Attr[Int], LIVE] = None
    name: NeededValue[str]
    uuid: Value[Uuid] = None
    genid: Value[Annotated[str, UuidOrNothing()]] = None
    title: Value[str] = None
    description: Value[str] = None
    metadata: Kept = None
    max_memory: Annotated[Child[MaxMemory], Name("maxMemory")] = None
    memory: Section[Memory] = field(default_factory=_no_memory)
    current_memory: Annotated[Child[CurrentMemory], Name("currentMemory")] = None
    blkiotune: Child[BlockTuning] = None
    memtune: Child[MemoryTuning] = None
    memory_backing: Annotated[Child[MemoryBacking], Name("memoryBacking")] = None
    vcpu: Section[Vcpu] = field(default_factory=Vcpu)
    vcpus: Child[Vcpus] = None
    iothreads: Value[UInt16] = None  # each one is listed: not without bound
    iothreadids: Child[IoThreads] = None
    defaultiothread: Child[DefaultIoThread] = None
    throttlegroups: Child[ThrottleGroups] = None
    cputune: Child[CpuTune] = None
    numatune: Child[NumaTune] = None
    resource: Child[Resource] = None
    sysinfos: Annotated[Children[SysInfo], Name("sysinfo")] = field(default_factory=list)
    bootloader: Value[str] = None
    bootloader_args: Value[str] = None
    os: Section[Os]
    idmap: Child[IdMap] = None
    features: Child[Features] = None
    cpu: Child[Cpu] = None
    clock: Child[Clock] = None
    on_poweroff: Value[LifecycleAction] = None
    on_reboot: Value[LifecycleAction] = None
    on_crash: Value[LifecycleAction] = None
    on_lockfailure: Value[LockFailureAction] = None
    pm: Child[PowerManagement] = None
    perf: Child[Perf] = None
    devices: Annotated[Section[Devices], ALWAYS] = field(default_factory=Devices)
    seclabels: Annotated[Children[SecurityLabel], Name("seclabel")] = field(default_factory=list)
    keywrap: Child[KeyWrap] = None
    launch_security: Annotated[Child[LaunchSecurity], Name("launchSecurity")] = None
    qemu_commandline: Annotated[Child[QemuCommandLine], Name("qemu:commandline")] = None
    qemu_capabilities: Annotated[Child[QemuCapabilityChanges], Name("qemu:capabilities")] = None
    qemu_override: Annotated[Child[QemuOverride], Name("qemu:override")] = None
    qemu_deprecation: Annotated[Child[QemuDeprecation], Name("qemu:deprecation")] = None
    lxc_namespaces: Annotated[Child[LxcNamespaces], Name("lxc:namespace")] = None
    xen_commandline: Annotated[Child[XenCommandLine], Name("xen:commandline")] = None
    bhyve_commandline: Annotated[Child[BhyveCommandLine], Name("bhyve:commandline")] = None
    vmware_datacenterpath: Annotated[Value[str], Name("vmware:datacenterpath")] = None
    vmware_moref: Annotated[Value[str], Name("vmware:moref")] = None

    def problems(self) -> Iterator[str]:
        """What contradicts between the elements."""
        for check in checks.CHECKS:
            yield from check(self)
