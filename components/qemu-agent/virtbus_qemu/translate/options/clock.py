"""-rtc, and the globals of timers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.clock import Clock, Timer

from ..capabilities import QemuCapabilities
from ..runtime import RuntimePaths
from ..words import invalid, keyed, unsupported

_CLOCKS = {"guest": "vm", "wall": "host", "realtime": "rt"}


def clock_options(domain: Domain, caps: QemuCapabilities, runtime: RuntimePaths) -> Iterator[str]:
    """The real-time clock, and what becomes of lost ticks."""
    clock = domain.clock or Clock(offset="utc")
    rtc = next((timer for timer in clock.timer if timer.name == "rtc"), None)
    yield "-rtc"
    yield keyed(
        "",
        base=_base(clock, runtime),
        clock=_CLOCKS.get(rtc.track or "") if rtc else None,
        driftfix="slew" if rtc and rtc.tickpolicy == "catchup" else None,
    )
    for timer in clock.timer:
        yield from _timer(timer, caps)


def timezone_environment(domain: Domain) -> dict[str, str]:
    """The variables of QEMU's process that its clock needs."""
    clock = domain.clock
    if clock is None or clock.offset != "timezone" or not clock.timezone:
        return {}
    return {"TZ": clock.timezone}


def _base(clock: Clock, runtime: RuntimePaths) -> str:
    match clock.offset:
        case None | "utc":
            return "utc"
        case "localtime" | "timezone":
            return "localtime"
        case "variable":
            start_s = runtime.now_s + int(clock.adjustment or "0")
            if clock.basis == "localtime":
                start_s += runtime.time_offset_s
        case _:
            start_s = clock.start or 0
    try:
        start = datetime.datetime.fromtimestamp(start_s, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        raise invalid("clock", "the time is out of range", clock.line) from None
    return start.strftime("%Y-%m-%dT%H:%M:%S")


def _timer(timer: Timer, caps: QemuCapabilities) -> Iterator[str]:
    """The kernel's PIT is a device of its own; all others are the machine's or the CPU's."""
    if timer.name == "pit" and "kvm-pit" in caps.devices:
        match timer.tickpolicy:
            case None | "delay" | "discard":
                policy = timer.tickpolicy or "delay"
                yield from ("-global", f"kvm-pit.lost_tick_policy={policy}")
            case "catchup":
                return
            case policy:
                raise unsupported("clock/timer", f"timer 'pit' with '{policy}'", timer.line)
