import os
import subprocess
import sys

import pytest

from bench.measure import (
    NoiseMeter,
    cpu_s,
    descends_from,
    emulator_pids,
    percentile,
    pss_kib,
    significant,
)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100
    assert percentile([7.0], 99) == 7
    assert percentile([1.0, 2.0], 50) == 1


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_rounding_keeps_significant_digits_whatever_the_size() -> None:
    assert significant(0.00123456) == 0.00123
    assert significant(123456) == 123000


def test_memory_of_a_process_grows_by_what_it_touches() -> None:
    before_kib = pss_kib(os.getpid())
    block = bytearray(os.urandom(1024) * 16 * 1024)
    assert 15 * 1024 < pss_kib(os.getpid()) - before_kib < 40 * 1024
    del block


def test_cpu_time_of_a_process_grows_by_its_work() -> None:
    before_s = cpu_s(os.getpid())
    while cpu_s(os.getpid()) < before_s + 0.05:
        sum(range(10_000))
    assert cpu_s(os.getpid()) < before_s + 1


def test_noise_tells_of_the_time_since_the_meter_was_made() -> None:
    noise = NoiseMeter().report()
    assert 0 <= noise.busy_share <= 1
    assert noise.wall_s < 5
    assert noise.spin_ms > 0
    assert noise.cores == os.cpu_count()


def test_a_grandchild_descends_from_this_process_and_its_ancestors() -> None:
    nested = "import subprocess, sys; subprocess.run(['sh', '-c', 'echo $$; read x'], check=True)"
    with subprocess.Popen(
        [sys.executable, "-c", nested], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        assert descends_from(grandchild, child.pid)
        assert descends_from(grandchild, os.getpid())
        assert not descends_from(os.getpid(), grandchild)
        child.stdin.write("\n")
    assert not descends_from(grandchild, os.getpid())


def test_no_process_has_the_name_of_a_guest_that_was_never_started() -> None:
    assert emulator_pids("bench-never-started") == []
