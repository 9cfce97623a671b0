"""Runs cases in two processes; which function runs a case depends on libvirt's test program."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from .cases import GENERIC, QEMU, Case
from .domains import run_generic, run_qemu
from .environment import TIME_ZONE
from .others import run_other
from .outcome import Outcome
from .relaxng import SCHEMAS
from .validation import validated

WORKERS = 2
CHUNK = 24


def run_case(case: Case, source: Path) -> list[Outcome]:
    """All results of one case; `source` is libvirt's tree."""
    tests = source / "tests"
    if case.test == QEMU:
        outcomes = list(run_qemu(case, tests))
    elif case.test == GENERIC and not case.macro.startswith("DO_TEST_BACKUP"):
        outcomes = list(run_generic(case, tests))
    else:
        outcomes = list(run_other(case, tests))
    return outcomes + [each for found in outcomes for each in validated(found, source / SCHEMAS)]


def run_cases(cases: Iterable[Case], source: Path, *, workers: int = WORKERS) -> list[Outcome]:
    """All results, in the order of the cases."""
    work = list(cases)
    if workers == 1 or len(work) <= CHUNK:
        fixed_zone()
        return [outcome for case in work for outcome in run_case(case, source)]
    with ProcessPoolExecutor(workers, initializer=fixed_zone) as pool:
        results = pool.map(partial(run_case, source=source), work, chunksize=CHUNK)
        return [outcome for outcomes in results for outcome in outcomes]


def fixed_zone() -> None:
    """Local time as libvirt's tests have it."""
    os.environ["TZ"] = TIME_ZONE
    time.tzset()
