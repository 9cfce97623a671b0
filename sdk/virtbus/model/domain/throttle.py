"""Limits on requests to disks: <iotune> of one disk, <throttlegroups> shared by several."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import field

from ..engine.declare import Children, Element, Name, Needed, Value
from ..engine.repeated import repeated
from ..engine.values import ULong


class _Rates(Element):
    """What is allowed all the time, and for a while (`_max`); 0 is no limit."""

    total_bytes_sec: Value[ULong] = None
    read_bytes_sec: Value[ULong] = None
    write_bytes_sec: Value[ULong] = None
    total_iops_sec: Value[ULong] = None
    read_iops_sec: Value[ULong] = None
    write_iops_sec: Value[ULong] = None
    total_bytes_sec_max: Value[ULong] = None
    read_bytes_sec_max: Value[ULong] = None
    write_bytes_sec_max: Value[ULong] = None
    total_iops_sec_max: Value[ULong] = None
    read_iops_sec_max: Value[ULong] = None
    write_iops_sec_max: Value[ULong] = None
    size_iops_sec: Value[ULong] = None


_RATES = tuple(name for name in _Rates.__struct_fields__ if "_sec" in name)
LIMITS = (*_RATES, *(f"{name}_length" for name in _RATES if name.endswith("_max")))
"""All limits, by their names; a `_length` is for how many seconds a `_max` is allowed."""
_TOTALS = [
    (f"total_{what}_sec{when}", f"read_{what}_sec{when}", f"write_{what}_sec{when}")
    for what in ("bytes", "iops")
    for when in ("", "_max")
]


def limited(limits: _Rates) -> bool:
    """Whether anything is limited at all."""
    return any(getattr(limits, name) for name in LIMITS)


def _drop_zeros(limits: _Rates) -> None:
    for name in LIMITS:
        if getattr(limits, name) == 0:
            setattr(limits, name, None)


def _contradictions(limits: _Rates) -> Iterator[str]:
    for total, read, write in _TOTALS:
        if getattr(limits, total) and (getattr(limits, read) or getattr(limits, write)):
            yield f"{total} cannot be set together with {read} or {write}"


class IoTune(_Rates):
    """<iotune>: limits of a disk, or of all disks that name the same group."""

    group_name: Value[str] = None
    total_bytes_sec_max_length: Value[ULong] = None
    read_bytes_sec_max_length: Value[ULong] = None
    write_bytes_sec_max_length: Value[ULong] = None
    total_iops_sec_max_length: Value[ULong] = None
    read_iops_sec_max_length: Value[ULong] = None
    write_iops_sec_max_length: Value[ULong] = None

    def defaults(self) -> None:
        """0 is no limit."""
        _drop_zeros(self)
        self.group_name = self.group_name or None

    def problems(self) -> Iterator[str]:
        """Either a total, or reading and writing apart."""
        yield from _contradictions(self)


class ThrottleGroup(_Rates):
    """<throttlegroup>: limits that disks name in their <throttlefilters>."""

    total_bytes_sec_max_length: Value[ULong] = None
    read_bytes_sec_max_length: Value[ULong] = None
    write_bytes_sec_max_length: Value[ULong] = None
    total_iops_sec_max_length: Value[ULong] = None
    read_iops_sec_max_length: Value[ULong] = None
    write_iops_sec_max_length: Value[ULong] = None
    group_name: Value[str] = None

    def defaults(self) -> None:
        """0 is no limit."""
        _drop_zeros(self)

    def problems(self) -> Iterator[str]:
        """Named, and either a total, or reading and writing apart."""
        if not self.group_name:
            yield "a group needs a <group_name>"
        yield from _contradictions(self)


class ThrottleGroups(Element):
    """<throttlegroups>."""

    groups: Annotated[Children[ThrottleGroup], Name("throttlegroup")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """A name is of one group."""
        names = [group.group_name for group in self.groups]
        for name in repeated(names):
            yield f"group '{name}' is defined more than once"


class ThrottleFilter(Element, kw_only=True):
    """<throttlefilter>: requests pass through that group's limits."""

    group: Needed[str]


class ThrottleFilters(Element):
    """<throttlefilters>: in the order in which requests pass them."""

    filters: Annotated[Children[ThrottleFilter], Name("throttlefilter")] = field(
        default_factory=list
    )

    def problems(self) -> Iterator[str]:
        """A group is passed once."""
        names = [each.group for each in self.filters]
        for name in repeated(names):
            yield f"group '{name}' is named more than once"
