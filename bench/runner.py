"""Takes the samples of all rows, in turn between the sides, and judges the medians."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.lab.processes import BenchError
from bench.lab.root import take_root
from bench.libvirt_lab import LibvirtLab, PeerAbsent
from bench.manager import Manager
from bench.measure import Noise, NoiseMeter, median, significant
from bench.row import LIBVIRT, OURS, Group, Row
from bench.virtbus_lab import VirtbusLab

Sample = Callable[[], float]
FAILURES = (
    BenchError,
    PeerAbsent,
    TimeoutError,
    OSError,
    RuntimeError,
    ValueError,
    subprocess.SubprocessError,
)
"""How a side of a row can fail without ending the run; the row says so."""

QUICK_RUNS = 2


@dataclass(frozen=True)
class Outcome:
    """The figures of one row and their judgement. A None figure has its reason in `notes`."""

    name: str
    what: str
    unit: str
    ours: float | None
    peer: float | None
    ratio: float | None
    goal: str
    met: bool | None
    peer_name: str
    others: Mapping[str, float] = field(default_factory=dict)
    runs: int = 0
    notes: tuple[str, ...] = ()
    noise: Noise | None = None


class Labs:
    """The managers under measurement, each started when first asked for and ended together."""

    def __init__(self, root: Path) -> None:
        self._lock_fd = take_root(root)
        self._starters: dict[str, Callable[[], Manager]] = {
            OURS: lambda: VirtbusLab(root / OURS),
            LIBVIRT: lambda: LibvirtLab(root / LIBVIRT),
        }
        self._running: dict[str, Manager] = {}
        self._absent: dict[str, str] = {}

    def get(self, label: str) -> Manager:
        """The running manager; PeerAbsent with the reason when it cannot be had."""
        if label in self._absent:
            raise PeerAbsent(self._absent[label])
        if label not in self._running:
            try:
                self._running[label] = self._starters[label]()
            except FAILURES as error:
                self._absent[label] = str(error)
                raise PeerAbsent(str(error)) from error
        return self._running[label]

    def close(self) -> None:
        """Ends all that were started."""
        with ExitStack() as ends:
            ends.callback(os.close, self._lock_fd)
            for manager in self._running.values():
                ends.callback(manager.close)
            self._running.clear()


def run_group(group: Group, wanted: Iterable[str], labs: Labs, quick: bool) -> Iterable[Outcome]:
    """The outcomes of the wanted rows of a group, one by one."""
    rows = [row for row in group.rows if row.name in set(wanted)]
    labels = [label for label in (OURS, LIBVIRT) if any(label in row.managers for row in rows)]
    absent: dict[str, str] = {}
    present: dict[str, Manager] = {}
    with ExitStack() as prepared:
        for label in labels:
            try:
                manager = labs.get(label)
                prepared.enter_context(group.prepare(manager))
                present[label] = manager
            except FAILURES as error:
                absent[label] = str(error)
        for row in rows:
            yield run_row(row, present, absent, quick)


def run_row(
    row: Row, present: Mapping[str, Manager], absent: Mapping[str, str], quick: bool
) -> Outcome:
    """Takes the row's samples from all sides in turn; the outcome of their medians."""
    meter = NoiseMeter()
    sides: dict[str, Sample] = dict(row.references)
    for label in row.managers:
        if label in present and row.measure is not None:
            sides[label] = _sample_of(row.measure, present[label])
    notes = {label: f"no {label}: {absent[label]}" for label in row.managers if label in absent}
    runs = QUICK_RUNS if quick and not row.runs_fixed else row.runs
    samples: dict[str, list[float]] = {label: [] for label in sides}
    for _ in range(runs):
        for label in [label for label in sides if label not in notes]:
            try:
                samples[label].append(sides[label]())
            except FAILURES as error:
                notes[label] = f"{label} failed: {error}"
    medians = {
        label: significant(median(values))
        for label, values in samples.items()
        if values and label not in notes
    }
    return judge(row, medians, runs, tuple(notes.values()), meter.report())


def _sample_of(measure: Callable[[Manager], float], manager: Manager) -> Sample:
    return lambda: measure(manager)


def judge(
    row: Row,
    medians: Mapping[str, float],
    runs: int,
    notes: tuple[str, ...],
    noise: Noise | None = None,
) -> Outcome:
    """The row's outcome: without a figure of ours the goal is not met."""
    ours, peer = medians.get(OURS), medians.get(row.peer)
    return Outcome(
        name=row.name,
        what=row.what,
        unit=row.unit,
        ours=ours,
        peer=peer,
        ratio=significant(ours / peer) if ours is not None and peer else None,
        goal=row.goal.text,
        met=False if ours is None else row.goal.judge(ours, peer),
        peer_name=row.peer if row.peer in row.managers or row.peer in row.references else "",
        others={label: value for label, value in medians.items() if label not in (OURS, row.peer)},
        runs=runs,
        notes=notes,
        noise=noise,
    )
