"""Numbers: medians and percentiles, what /proc says of a process, and how noisy the machine is."""

from __future__ import annotations

import itertools
import math
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` per cent of all are not above."""
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def significant(value: float, digits: int = 3) -> float:
    """The value rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def pss_kib(pid: int) -> int:
    """Proportional set size of a process: its share of all memory it maps, in KiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} has no memory")


def cpu_s(pid: int) -> float:
    """User and system CPU seconds of a process so far, all threads."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def emulator_pids(guest_name: str) -> list[int]:
    """Pids of the QEMU processes whose `-name` argument names the guest."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the listing and the reading
        if "qemu-system" in arguments[0] and _named(arguments, guest_name):
            found.append(int(entry.name))
    return found


def descends_from(pid: int, ancestor: int) -> bool:
    """True when `ancestor` is the process's parent, or that one's parent, and so on."""
    while pid > 1:
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return False
        pid = int(text.rsplit(")", 1)[1].split()[1])
        if pid == ancestor:
            return True
    return False


def _named(arguments: Sequence[str], guest_name: str) -> bool:
    for option, value in itertools.pairwise(arguments):
        if option == "-name":
            first = value.split(",")[0]
            return first.removeprefix("guest=") == guest_name
    return False


@dataclass(frozen=True)
class Noise:
    """How busy the machine was during a measurement, our own work included."""

    wall_s: float
    busy_share: float
    load_average: float
    spin_ms: float
    cores: int


class NoiseMeter:
    """Started when made; `report` says what the machine did since."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._jiffies = _cpu_jiffies()

    def report(self) -> Noise:
        """The noise since the start; takes some 30 ms for the spin."""
        total, idle = (b - a for a, b in zip(self._jiffies, _cpu_jiffies(), strict=True))
        return Noise(
            wall_s=round(time.monotonic() - self._start, 1),
            busy_share=round(1 - idle / max(1, total), 3),
            load_average=os.getloadavg()[0],
            spin_ms=spin_ms(),
            cores=os.cpu_count() or 1,
        )


def _cpu_jiffies() -> tuple[int, int]:
    """All and idle jiffies of all processors, from the first line of /proc/stat."""
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    fields = [int(value) for value in first.split()[1:9]]
    return sum(fields), fields[3] + fields[4]


def spin_ms() -> float:
    """Time of a fixed piece of pure computing: the higher, the noisier the machine."""
    start = time.perf_counter()
    total = 0
    for number in range(400_000):
        total += number * number & 7
    return significant((time.perf_counter() - start) * 1e3)
