"""<clock>: the guest's time."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import Integer, ULong, YesNo

ClockOffset: TypeAlias = Literal["utc", "localtime", "variable", "timezone", "absolute"]
TimerName: TypeAlias = Literal[
    "platform", "pit", "rtc", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer"
]
TickPolicy: TypeAlias = Literal["delay", "catchup", "merge", "discard"]


class Adjustment:
    """Seconds, or the word that has them forgotten at start."""

    _seconds = Integer(-(2**63), 2**63 - 1)

    def parse(self, raw: str) -> str:
        """`reset`, or a number."""
        return raw if raw == "reset" else str(self._seconds.parse(raw))

    format = parse


class Catchup(Element):
    """<catchup>: how fast lost ticks are made up for."""

    threshold: Attr[ULong] = None
    slew: Attr[ULong] = None
    limit: Attr[ULong] = None


class Timer(Element, kw_only=True):
    """<timer>: one source of time, and what becomes of lost ticks."""

    name: Needed[TimerName]
    present: Attr[YesNo] = None
    tickpolicy: Attr[TickPolicy] = None
    track: Attr[Literal["boot", "guest", "wall", "realtime"]] = None
    frequency_hz: Annotated[Attr[ULong], Name("frequency")] = None
    mode: Attr[Literal["auto", "native", "emulate", "paravirt", "smpsafe"]] = None
    catchup: Child[Catchup] = None

    def defaults(self) -> None:
        """0 is no bound and no frequency."""
        self.frequency_hz = self.frequency_hz or None
        catchup = self.catchup
        if catchup is not None:
            catchup.threshold = catchup.threshold or None
            catchup.slew = catchup.slew or None
            catchup.limit = catchup.limit or None
            if not (catchup.threshold or catchup.slew or catchup.limit):
                self.catchup = None

    def problems(self) -> Iterator[str]:
        """What each source of time does not have."""
        if self.tickpolicy and self.name in ("kvmclock", "hypervclock"):
            yield f"timer '{self.name}' has no tickpolicy"
        if self.catchup is not None and self.tickpolicy != "catchup":
            yield "<catchup> goes with tickpolicy 'catchup'"
        if self.name != "tsc" and (self.frequency_hz or self.mode):
            yield f"timer '{self.name}' has neither frequency nor mode"
        if self.track and self.name not in ("platform", "rtc"):
            yield f"timer '{self.name}' has no track"


_OF_OFFSET: dict[str, tuple[str, ...]] = {
    "utc": ("adjustment",),
    "localtime": ("adjustment",),
    "variable": ("adjustment", "basis"),
    "timezone": ("timezone",),
    "absolute": ("start",),
}


class Clock(Element):
    """<clock>."""

    offset: Attr[ClockOffset] = None
    adjustment: Attr[Annotated[str, Adjustment()]] = None
    basis: Attr[Literal["utc", "localtime"]] = None
    timezone: Attr[str] = None
    start: Attr[ULong] = None
    timer: Children[Timer] = field(default_factory=list)

    def defaults(self) -> None:
        """An adjustment makes the offset variable; what does not go with it is dropped."""
        self.offset = self.offset or "utc"
        if self.offset in ("utc", "localtime") and self.adjustment not in (None, "reset"):
            self.basis = "localtime" if self.offset == "localtime" else "utc"
            self.offset = "variable"
        if self.offset == "variable":
            self.adjustment = self.adjustment or "0"
            self.basis = self.basis or "utc"
        kept = _OF_OFFSET[self.offset]
        for name in ("adjustment", "basis", "timezone", "start"):
            if name not in kept:
                setattr(self, name, None)

    def problems(self) -> Iterator[str]:
        """What an offset must be told with; each timer once."""
        for offset, name in (("timezone", "timezone"), ("absolute", "start")):
            value: Any = getattr(self, name)
            if self.offset == offset and value is None:
                yield f"offset '{offset}' needs '{name}'"
        if self.offset == "variable" and self.adjustment == "reset":
            yield "offset 'variable' needs an adjustment in seconds"
