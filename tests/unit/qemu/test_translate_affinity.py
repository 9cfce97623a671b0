"""Where a guest's threads may run."""

from __future__ import annotations

import os

import pytest

from tests.unit.qemu.test_translate_command import line_of
from tests.unit.qemu.translate_documents import guest
from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.affinity import pin, threads_of
from virtbus_qemu.translate.affinity import Affinity

PIN = "<cputune><vcpupin vcpu='1' cpuset='3'/><iothreadpin iothread='1' cpuset='2'/>{}</cputune>"
EMULATOR = "<emulatorpin cpuset='0'/>"


@pytest.mark.parametrize(
    "inside, affinity",
    [
        ("<vcpu>2</vcpu>", Affinity()),
        ("<vcpu cpuset='0-1'>2</vcpu>", Affinity(process=(0, 1))),
        (
            f"<vcpu>2</vcpu><iothreads>1</iothreads>{PIN.format('')}",
            Affinity(vcpus={1: (3,)}, iothreads={1: (2,)}),
        ),
        (
            f"<vcpu cpuset='0-1'>2</vcpu><iothreads>2</iothreads>{PIN.format(EMULATOR)}",
            Affinity(
                process=(0,),
                vcpus={0: (0, 1), 1: (3,)},
                iothreads={1: (2,), 2: (0, 1)},
            ),
        ),
    ],
)
def test_a_pin_of_its_own_goes_before_the_set_of_the_guest(inside: str, affinity: Affinity) -> None:
    assert line_of(guest(inside=inside)).affinity == affinity


def test_threads_are_bound() -> None:
    before = os.sched_getaffinity(0)
    try:
        pin(threads_of(os.getpid()), [min(before)])
        assert os.sched_getaffinity(0) == {min(before)}
    finally:
        pin(threads_of(os.getpid()), before)
    with pytest.raises(HypervisorFailed, match="processors"):
        pin([os.getpid()], [])
