"""`python -m bench`: measures the rows and prints the table. See bench/__init__.py."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench import report
from bench.lab.processes import BenchError
from bench.lab.root import lab_root
from bench.row import Row
from bench.rows import GROUPS
from bench.runner import Labs, Outcome, run_group

ROWS: dict[str, Row] = {row.name: row for group in GROUPS for row in group.rows}


def names_of(text: str) -> list[str]:
    """The row names in a comma-separated list; ArgumentTypeError names those unknown."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in ROWS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"no such row: {', '.join(unknown) or text!r}; --list shows them"
        )
    return names


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(prog="python -m bench", description="virtbus beside libvirt")
    made.add_argument("--json", action="store_true", help="a list of objects on standard output")
    made.add_argument("--only", type=names_of, metavar="NAME,...", help="these rows alone")
    made.add_argument("--list", action="store_true", help="the rows' names, and what each is")
    made.add_argument("--quick", action="store_true", help="fewer samples; not for publishing")
    made.add_argument("--markdown", type=Path, metavar="FILE", help="rewrite FILE's table")
    return made


def measure(names: Sequence[str], quick: bool, progress: Console) -> list[Outcome]:
    """All outcomes of these rows, in the order of the groups."""
    outcomes: list[Outcome] = []
    labs = Labs(lab_root())
    try:
        for group in GROUPS:
            if any(row.name in names for row in group.rows):
                progress.print(f"{group.name} ...", markup=False)
                for outcome in run_group(group, names, labs, quick):
                    progress.print("  ", report.one_line(outcome), markup=False)
                    outcomes.append(outcome)
    finally:
        labs.close()
    return outcomes


def main() -> int:
    """Exit status 0 when all figures were measured, whatever they are; 1 otherwise."""
    arguments = parser().parse_args()
    if arguments.list:
        for row in ROWS.values():
            print(f"{row.name:16} {row.what} ({row.goal.text})")
        return 0
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # labs end too
    progress = Console(stderr=True, soft_wrap=True)
    try:
        outcomes = measure(arguments.only or list(ROWS), arguments.quick, progress)
    except BenchError as error:
        progress.print(f"bench: {error}", markup=False)
        return 1
    if arguments.markdown is not None:
        report.write_markdown(arguments.markdown, outcomes)
    if arguments.json:
        print(report.as_json(outcomes))
    else:
        report.print_table(outcomes, Console())
    return 0 if all(outcome.ours is not None for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
