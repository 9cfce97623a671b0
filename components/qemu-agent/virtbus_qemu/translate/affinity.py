"""Which processors of the host a guest's threads may run on."""

from __future__ import annotations

import msgspec

from virtbus.model.domain import Domain
from virtbus.model.domain.cputune import CpuTune
from virtbus.model.engine.number_sets import numbers


class Affinity(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of the host's processors, ascending; an empty set leaves a thread alone.

    `process` is for all threads that are not named: `vcpus` by the guest's processor,
    `iothreads` by the thread's number.
    """

    process: tuple[int, ...] = ()
    vcpus: dict[int, tuple[int, ...]] = {}
    iothreads: dict[int, tuple[int, ...]] = {}

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.process or self.vcpus or self.iothreads)


def affinity_of(live: Domain) -> Affinity:
    """What a live document asks for: a thread's own pin, or else the set of the whole guest."""
    tune = live.cputune or CpuTune()
    general = numbers(live.vcpu.cpuset)
    vcpus = {pin.vcpu: numbers(pin.cpuset) for pin in tune.vcpupin}
    iothreads = {pin.iothread: numbers(pin.cpuset) for pin in tune.iothreadpin}
    process = numbers(tune.emulatorpin.cpuset) if tune.emulatorpin else general
    if general and process != general:
        vcpus = dict.fromkeys(range(live.vcpu.maximum or 1), general) | vcpus
        named = [thread.id for thread in live.iothreadids.iothread] if live.iothreadids else []
        numbered = named or range(1, (live.iothreads or 0) + 1)
        iothreads = dict.fromkeys(numbered, general) | iothreads
    return Affinity(process=process, vcpus=vcpus, iothreads=iothreads)
