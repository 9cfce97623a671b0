"""`./run fuzz`: many documents that nobody would write, by atheris, on all processors."""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .made import DATA, ROOT

RUNS = 100_000
SHARES = {"text": 4, "documents": 3, "guests": 3}
"""Tenths of all documents: bytes as they are, documents of all kinds, domains up to their start."""
MEMORY_MIB = 2048
SEEDS = 500


class Job(NamedTuple):
    """One process: so many documents of one target."""

    target: str
    runs: int
    seed: int


def main() -> int:
    """Exit status: 0, 1 when a document brought about what it must not, 2 without atheris."""
    options = _options()
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: atheris is missing: it is for Linux on x86_64 and Python 3.11 to 3.13")
        return 2
    jobs = [
        Job(target, options.runs * share // 10 // options.jobs, options.seed + number)
        for target, share in SHARES.items()
        for number in range(options.jobs)
    ]
    options.keep.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        failures = sum(pool.map(lambda job: _fuzz(job, options.keep), jobs))
    total = sum(job.runs for job in jobs)
    print(f"{total} documents, {failures} failures, {time.monotonic() - started_s:.0f} s")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"documents ({RUNS})")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first process (1)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at a time"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "virtbus-fuzz",
        metavar="DIR",
        help="where the inputs that failed are left; python -m tests.fuzz.target TARGET FILE"
        " runs one again",
    )
    return parser.parse_args()


def _first(job: Job) -> list[bytes]:
    """What the first documents are made of."""
    if job.target == "text":
        return [path.read_bytes() for path in sorted(DATA.glob("*/*.xml"))]
    chance = random.Random(job.seed)
    return [chance.randbytes(chance.randrange(50, 2000)) for _ in range(SEEDS)]


def _fuzz(job: Job, keep: Path) -> int:
    """Run one job to its end, or to its first failure; how many there were."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(_first(job)):
            (Path(corpus) / str(number)).write_bytes(data)
        done = subprocess.run(
            [
                sys.executable, "-m", "tests.fuzz.target", job.target,
                f"-runs={job.runs}", f"-seed={job.seed}", f"-rss_limit_mb={MEMORY_MIB}",
                "-timeout=10", f"-max_len={65536 if job.target == 'text' else 4096}",
                f"-artifact_prefix={keep}/{job.target}-", corpus,
            ],
            cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    print(f"{job.target}, seed {job.seed}: {job.runs} documents, exit {done.returncode}")
    if done.returncode:
        print(done.stdout[-4000:], *done.stderr.splitlines()[-4:], sep="\n")
    return int(done.returncode != 0)


sys.exit(main())
