"""-cpu: the processor's model and features."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.cpu import Cpu
from virtbus.model.domain.features import Features
from virtbus.model.domain.hyperv import Enlightenment, Hyperv

from ..capabilities import QemuCapabilities
from ..refuse import refuse_set
from ..words import invalid, on_off, unsupported, word

_HYPERV = {
    "relaxed": "hv-relaxed",
    "vapic": "hv-vapic",
    "vpindex": "hv-vpindex",
    "runtime": "hv-runtime",
    "synic": "hv-synic",
    "reset": "hv-reset",
    "frequencies": "hv-frequencies",
    "reenlightenment": "hv-reenlightenment",
    "tlbflush": "hv-tlbflush",
    "ipi": "hv-ipi",
    "evmcs": "hv-evmcs",
    "avic": "hv-avic",
}
_POLICIES = {"force": True, "require": True, "disable": False, "forbid": False}


def cpu_options(domain: Domain, caps: QemuCapabilities) -> Iterator[str]:
    """The model, then its features in the document's order."""
    cpu = domain.cpu or Cpu()
    if cpu.mode not in ("host-passthrough", "maximum"):
        refuse_set("cpu", cpu, "migratable")
    parts = [_model(cpu, domain.type, caps)]
    if cpu.migratable is not None:
        parts.append(f"migratable={on_off(cpu.migratable)}")
    for feature in cpu.feature:
        name = word(feature.name, "cpu/feature")
        policy = feature.policy or "require"
        if policy in _POLICIES:
            parts.append(f"{name}={on_off(_POLICIES[policy])}")
    if cpu.model and cpu.model.vendor_id:
        parts.append(f"vendor={word(cpu.model.vendor_id, 'cpu/model')}")
    if cpu.cache is not None:
        parts += _cache(cpu)
    parts += _timers(domain)
    parts += _features(domain.features or Features(), domain.type)
    yield from ("-cpu", ",".join(part for part in parts if part))


def _model(cpu: Cpu, domain_type: str, caps: QemuCapabilities) -> str:
    refuse_set("cpu", cpu, "vendor")
    match cpu.mode:
        case "host-passthrough" | "host-model":
            if domain_type == "kvm":
                return "host"
            raise unsupported("cpu", f"mode '{cpu.mode}' without KVM", cpu.line)
        case "maximum":
            return "max"
    if cpu.match in ("minimum", "strict"):
        raise unsupported("cpu", f"match '{cpu.match}'", cpu.line)
    if cpu.check == "full":
        raise unsupported("cpu", "check 'full'", cpu.line)
    if cpu.model is None or not cpu.model.name:
        raise invalid("cpu", "mode 'custom' needs a model", cpu.line)
    model = word(cpu.model.name, "cpu/model")
    if caps.cpus and model not in {known.name for known in caps.cpus}:
        raise unsupported("cpu/model", f"'{model}' with {caps.emulator}", cpu.model.line)
    return model


def _cache(cpu: Cpu) -> list[str]:
    assert cpu.cache is not None
    match cpu.cache.mode, cpu.cache.level:
        case "emulate", None | 3:
            return ["l3-cache=on"]
        case "passthrough", None:
            return ["host-cache-info=on", "l3-cache=off"]
        case "disable", None:
            return ["host-cache-info=off", "l3-cache=off"]
    raise unsupported("cpu/cache", f"'{cpu.cache.mode}' of one level", cpu.cache.line)


def _timers(domain: Domain) -> list[str]:
    parts = []
    for timer in domain.clock.timer if domain.clock else ():
        present = timer.present is not False
        match timer.name:
            case "kvmclock":
                parts.append(f"kvmclock={on_off(present)}")
            case "hypervclock":
                parts.append("hv-time=on" if present else "")
            case "tsc" if timer.frequency_hz:
                parts.append(f"tsc-frequency={timer.frequency_hz}")
    return parts


def _features(features: Features, domain_type: str) -> list[str]:
    parts = []
    if features.apic is not None and features.apic.eoi is not None:
        parts.append(f"kvm-pv-eoi={on_off(features.apic.eoi)}")
    if features.pmu is not None and features.pmu.state is not None:
        parts.append(f"pmu={on_off(features.pmu.state)}")
    if features.hyperv is not None:
        if domain_type != "kvm":
            raise unsupported("features/hyperv", "without KVM, it", features.hyperv.line)
        parts += _hyperv(features.hyperv)
    if features.kvm is not None:
        if domain_type != "kvm":
            raise unsupported("features/kvm", "without KVM, it", features.kvm.line)
        kvm = features.kvm
        refuse_set("features/kvm", kvm, "hint_dedicated")  # it needs pinned processors
        if _on(kvm.hidden):
            parts.append("kvm=off")
        if _on(kvm.poll_control):
            parts.append("kvm-poll-control=on")
    return parts


def _on(state: Enlightenment | None) -> bool:
    return state is not None and state.state is not False


def _hyperv(hyperv: Hyperv) -> list[str]:
    if hyperv.mode == "passthrough":
        return ["hv-passthrough=on"]
    parts = [flag for name, flag in _HYPERV.items() if _on(getattr(hyperv, name))]
    parts = [f"{flag}=on" for flag in parts]
    if hyperv.spinlocks is not None and hyperv.spinlocks.state is not False:
        retries = hyperv.spinlocks.retries
        parts.append(f"hv-spinlocks={0xFFF if retries is None else retries:#x}")
    if hyperv.stimer is not None and hyperv.stimer.state is not False:
        parts.append("hv-stimer=on")
        if _on(hyperv.stimer.direct):
            parts.append("hv-stimer-direct=on")
    if hyperv.vendor_id is not None and hyperv.vendor_id.state is not False:
        parts.append(f"hv-vendor-id={_vendor(hyperv.vendor_id.value or '')}")
    return parts


def _vendor(text: str) -> str:
    if not 0 < len(text) <= 12 or not text.isascii() or not text.isprintable() or "," in text:
        raise invalid("features/hyperv/vendor_id", "expected 1 to 12 plain characters")
    return text
