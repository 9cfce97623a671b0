"""-cpu: the processor's model and features."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.cpu import Cpu
from virtbus.model.domain.features import Features
from virtbus.model.domain.hyperv import Kvm

from ..machine import Board
from ..words import escaped, invalid, on_off, unsupported, word
from .hyperv import hyperv_options

_POLICIES = {"force": True, "require": True, "disable": False, "forbid": False}
_QEMU_NAMES = {
    "cmp_legacy": "cmp-legacy",
    "ds_cpl": "ds-cpl",
    "fxsr_opt": "fxsr-opt",
    "kvm_pv_eoi": "kvm-pv-eoi",
    "kvm_pv_unhalt": "kvm-pv-unhalt",
    "lahf_lm": "lahf-lm",
    "nodeid_msr": "nodeid-msr",
    "pclmuldq": "pclmulqdq",
    "perfctr_core": "perfctr-core",
    "perfctr_nb": "perfctr-nb",
    "tsc_adjust": "tsc-adjust",
    "vmx-invvpid-single-context-noglobals": "vmx-invept-single-context-noglobals",
}
"""Features of x86 that libvirt names otherwise than QEMU (virQEMUCapsCPUFeaturesX86)."""


def cpu_options(domain: Domain, board: Board) -> Iterator[str]:
    """The model and its features, then what the other elements say of the processor."""
    cpu = domain.cpu or Cpu()
    model = _model(cpu, domain, board)
    flags = [
        *_timers(domain),
        *_features(domain, board),
        *_cache(cpu),
        *_address(cpu),
    ]
    if not model:
        if not flags:
            return
        if board.caps.arch not in ("x86_64", "i686"):
            raise invalid("cpu", "what is told of the processor needs a model", domain.line)
        model = ["qemu64" if board.caps.arch == "x86_64" else "qemu32"]
    yield from ("-cpu", ",".join([*model, *flags]))


def _model(cpu: Cpu, domain: Domain, board: Board) -> list[str]:
    """The model with its vendor and features; nothing when none is told."""
    parts: list[str] = []
    match cpu.mode:
        case None:
            return []
        case "host-model" if domain.type == "qemu":
            parts.append("max")
        case "host-passthrough" | "host-model":
            if domain.type == "qemu":
                raise unsupported("cpu", f"mode '{cpu.mode}' without KVM", cpu.line)
            parts.append("host")
        case "maximum":
            parts.append("max")
        case "custom":
            parts.append(_custom(cpu, board))
    if cpu.migratable is not None and board.caps.arch in ("x86_64", "i686"):
        parts.append(f"migratable={on_off(cpu.migratable)}")
    if cpu.model is not None and cpu.model.vendor_id:
        parts.append(f"vendor={escaped(cpu.model.vendor_id)}")
    for feature in cpu.feature:
        name = word(feature.name, "cpu/feature")
        if feature.policy in _POLICIES:
            parts.append(f"{_QEMU_NAMES.get(name, name)}={on_off(_POLICIES[feature.policy])}")
    return parts


def _custom(cpu: Cpu, board: Board) -> str:
    if cpu.match in ("minimum", "strict"):
        raise unsupported("cpu", f"match '{cpu.match}'", cpu.line)
    if cpu.model is None:
        raise invalid("cpu", "mode 'custom' needs a model", cpu.line)
    model = word(cpu.model.name or "", "cpu/model")
    if board.caps.cpus and model not in {known.name for known in board.caps.cpus}:
        raise unsupported("cpu/model", f"'{model}' with {board.caps.emulator}", cpu.model.line)
    return model


def _timers(domain: Domain) -> Iterator[str]:
    for timer in domain.clock.timer if domain.clock else ():
        match timer.name:
            case "kvmclock" if timer.present is not None:
                yield f"kvmclock={on_off(timer.present)}"
            case "hypervclock" if timer.present:
                yield "hv-time=on"
            case "tsc" if timer.frequency_hz:
                yield f"tsc-frequency={timer.frequency_hz}"
            case "armvtimer" if timer.tickpolicy in ("delay", "discard"):
                yield f"kvm-no-adjvtime={on_off(timer.tickpolicy == 'discard')}"


def _features(domain: Domain, board: Board) -> Iterator[str]:
    features = domain.features or Features()
    if features.apic is not None and features.apic.eoi is not None:
        yield f"kvm-pv-eoi={on_off(features.apic.eoi)}"
    if features.pvspinlock is not None:
        yield f"kvm-pv-unhalt={on_off(features.pvspinlock.state is not False)}"
    yield from hyperv_options(features.hyperv)
    if any(panic.model == "hyperv" for panic in domain.devices.panics):
        yield "hv-crash"
    if features.kvm is not None:
        yield from _kvm(features.kvm)
    if features.pmu is not None and not board.caps.arch.startswith("ppc64"):
        yield f"pmu={on_off(features.pmu.state is not False)}"


def _kvm(kvm: Kvm) -> Iterator[str]:
    if kvm.hidden is not None and kvm.hidden.state:
        yield "kvm=off"
    if kvm.hint_dedicated is not None and kvm.hint_dedicated.state:
        yield "kvm-hint-dedicated=on"
    if kvm.poll_control is not None and kvm.poll_control.state:
        yield "kvm-poll-control=on"
    if kvm.pv_ipi is not None and not kvm.pv_ipi.state:
        yield "kvm-pv-ipi=off"


def _cache(cpu: Cpu) -> Iterator[str]:
    """Whose cache the guest is told of."""
    if cpu.cache is None:
        return
    mode = cpu.cache.mode
    if mode == "emulate":
        yield "l3-cache=on"
    elif mode == "passthrough":
        yield "host-cache-info=on"
    if mode != "passthrough" and cpu.mode in ("host-passthrough", "maximum"):
        yield "host-cache-info=off"
    if mode != "emulate":
        yield "l3-cache=off"


def _address(cpu: Cpu) -> Iterator[str]:
    """How many bits physical addresses have."""
    address = cpu.maxphysaddr
    if address is None:
        return
    if address.mode == "emulate":
        yield f"phys-bits={address.bits}" if address.bits else "host-phys-bits=off"
        return
    yield "host-phys-bits=on"
    if address.limit:
        yield f"host-phys-bits-limit={address.limit}"
