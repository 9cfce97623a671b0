"""<clock>: the guest's time."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import UInt, ULong, YesNo

ClockOffset: TypeAlias = Literal["utc", "localtime", "variable", "timezone", "absolute"]
TimerName: TypeAlias = Literal[
    "platform", "pit", "rtc", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer"
]
TickPolicy: TypeAlias = Literal["delay", "catchup", "merge", "discard"]


class Catchup(Element):
    """<catchup>: how fast lost ticks are made up for."""

    threshold: Attr[UInt] = None
    slew: Attr[UInt] = None
    limit: Attr[UInt] = None


class Timer(Element, kw_only=True):
    """<timer>: one source of time, and what becomes of lost ticks."""

    name: Needed[TimerName]
    present: Attr[YesNo] = None
    tickpolicy: Attr[TickPolicy] = None
    track: Attr[Literal["boot", "guest", "wall", "realtime"]] = None
    frequency_hz: Annotated[Attr[ULong], Name("frequency")] = None
    mode: Attr[Literal["auto", "native", "emulate", "paravirt", "smpsafe"]] = None
    catchup: Child[Catchup] = None


class Clock(Element):
    """<clock>."""

    offset: Attr[ClockOffset] = None
    adjustment: Attr[str] = None
    basis: Attr[Literal["utc", "localtime"]] = None
    timezone: Attr[str] = None
    start: Attr[ULong] = None
    timer: Children[Timer] = field(default_factory=list)
