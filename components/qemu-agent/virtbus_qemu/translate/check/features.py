"""Features and timers that a machine or an architecture does not have."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.clock import Clock
from virtbus.model.domain.features import Features

from ..machine import Board
from ..words import invalid, unsupported

_OF_PSERIES = ("hpt", "htm", "nested_hv", "ccf_assist", "cfpc", "sbbc", "ibs")
_OF_X86 = ("ioapic", "pvspinlock")
_TIMERS_OF_X86 = ("tsc", "kvmclock", "hypervclock", "hpet")
_TICKS: dict[str, tuple[str, ...]] = {
    "rtc": ("delay", "catchup"),
    "pit": ("delay", "catchup", "discard"),
    "armvtimer": ("delay", "discard"),
}
"""What may become of lost ticks, by timer."""
_LAST_START_S = 253402300799  # the end of the year 9999
_MIB_BYTES = 1024 * 1024
_PC = "generic-pc-machine"


def check_features(domain: Domain, board: Board) -> None:
    """Refuse the first feature or timer that the machine cannot have."""
    features = domain.features or Features()
    for name, fits in _wanted(features, board):
        if getattr(features, name) is not None and not fits:
            what = f"'{name.replace('_', '-')}' on machine '{board.machine.name}'"
            raise unsupported("features", what, features.line)
    if features.acpi and board.machine.acpi is False:
        raise unsupported("features", f"'acpi' on machine '{board.machine.name}'", features.line)
    if features.apic is not None and features.apic.eoi is not None and not board.x86:
        raise unsupported("features/apic", f"'eoi' on {board.arch}", features.apic.line)
    if features.pmu is not None and features.pmu.state is False and board.ppc64:
        raise unsupported("features/pmu", f"state 'off' on {board.arch}", features.pmu.line)
    _keyboard_controller(features, board)
    _translation(domain, features)
    _management_memory(features, board)
    if domain.clock is not None:
        _clock(domain.clock, domain, board)


def _wanted(features: Features, board: Board) -> Iterator[tuple[str, bool]]:
    for name in _OF_PSERIES:
        yield name, board.pseries
    for name in _OF_X86:
        yield name, board.x86
    yield "gic", board.arm_virt
    yield "hyperv", board.x86 or board.arm_virt
    yield "ras", board.arm_virt
    yield "aia", board.riscv_virt
    yield "ps2", board.has_ps2
    yield (
        "async_teardown",
        board.caps.has("option-run-with-async-teardown")
        or not (features.async_teardown and features.async_teardown.enabled),
    )


def _keyboard_controller(features: Features, board: Board) -> None:
    if features.ps2 is None:
        return
    if not board.caps.has_property(_PC, "i8042"):
        raise unsupported("features/ps2", "switching it with this emulator", features.ps2.line)
    if features.ps2.state is False and features.vmport and features.vmport.state:
        raise invalid("features/vmport", "it needs the feature ps2", features.vmport.line)


def _translation(domain: Domain, features: Features) -> None:
    tcg = features.tcg
    if tcg is None:
        return
    if domain.type != "qemu":
        raise invalid("features/tcg", "it is for domains of type 'qemu'", tcg.line)
    if tcg.tb_cache is not None and tcg.tb_cache.size_kib % 1024:
        raise invalid("features/tcg/tb-cache", "the size must be whole MiB", tcg.line)


def _management_memory(features: Features, board: Board) -> None:
    smm = features.smm
    if smm is None or smm.tseg is None:
        return
    if not board.q35:
        what = f"on machine '{board.machine.name}'"
        raise unsupported("features/smm/tseg", what, smm.tseg.line)
    if smm.tseg.size_bytes % _MIB_BYTES:
        raise invalid("features/smm/tseg", "the size must be whole MiB", smm.tseg.line)


def _clock(clock: Clock, domain: Domain, board: Board) -> None:
    for timer in clock.timer:
        where = f"clock/timer '{timer.name}'"
        if timer.name == "platform":
            raise unsupported(where, "it", timer.line)
        if timer.name in _TIMERS_OF_X86 and timer.present and not board.x86:
            raise unsupported(where, f"on {board.arch}", timer.line)
        if timer.name == "armvtimer":
            if domain.type != "kvm" or not board.arm_virt:
                what = f"type '{domain.type}' on machine '{board.machine.name}'"
                raise unsupported(where, what, timer.line)
            if timer.present is False:
                raise invalid(where, "it cannot be absent", timer.line)
        if timer.name == "rtc" and timer.track == "boot":
            raise unsupported(where, "track 'boot'", timer.line)
        if timer.tickpolicy and timer.tickpolicy not in _TICKS.get(timer.name, (timer.tickpolicy,)):
            raise unsupported(where, f"tickpolicy '{timer.tickpolicy}'", timer.line)
    if clock.offset == "absolute" and (clock.start or 0) > _LAST_START_S:
        raise invalid("clock", "it starts after the year 9999", clock.line)
