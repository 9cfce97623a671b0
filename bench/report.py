"""The outcomes as JSON, as a table in the terminal, and as a table in README.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bench.runner import Outcome

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"
COLUMNS = ("figure", "what", "virtbus", "peer", "ratio", "goal", "met", "for comparison")


def as_json(outcomes: Sequence[Outcome]) -> str:
    """A list of objects; those without a measured figure have null and a note that says why."""
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=2)


def cells(outcome: Outcome) -> tuple[str, ...]:
    """The row's texts, one for each of COLUMNS."""
    peer = f"{_number(outcome.peer)} ({outcome.peer_name})" if outcome.peer_name else "-"
    others = [f"{label} {_number(value)}" for label, value in outcome.others.items()]
    return (
        outcome.name,
        outcome.what,
        f"{_number(outcome.ours)} {outcome.unit}",
        peer,
        _number(outcome.ratio),
        outcome.goal,
        {True: "yes", False: "no", None: "?"}[outcome.met],
        "; ".join(others),
    )


def one_line(outcome: Outcome) -> str:
    """The row for a log of progress."""
    name, _, ours, peer, ratio, goal, met, others = cells(outcome)
    return f"{name}: {ours}, peer {peer}, ratio {ratio}, goal {goal}: {met}. {others}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def print_table(outcomes: Sequence[Outcome], console: Console) -> None:
    """The readable table, the notes, and how noisy the machine was.

    What each row is stands in `--list`, so that the table fits a terminal.
    """
    table = Table(*(column for column in COLUMNS if column != "what"), box=box.SIMPLE)
    table.columns[0].no_wrap = True
    for outcome in outcomes:
        colour = {True: "green", False: "red", None: "yellow"}[outcome.met]
        name, _, *middle, met, others = cells(outcome)
        table.add_row(name, *middle, f"[{colour}]{met}[/]", others)
    console.print(table)
    for line in [*notes(outcomes), noise_line(outcomes)]:
        console.print(line, markup=False, soft_wrap=True)


def notes(outcomes: Sequence[Outcome]) -> list[str]:
    """Why figures are missing: one line for each reason, with the rows it concerns."""
    rows: dict[str, list[str]] = {}
    for outcome in outcomes:
        for note in outcome.notes:
            rows.setdefault(note, []).append(outcome.name)
    return [f"{', '.join(names)}: {note}" for note, names in rows.items()]


def noise_line(outcomes: Sequence[Outcome]) -> str:
    """One sentence on the machine during the run."""
    noises = [outcome.noise for outcome in outcomes if outcome.noise is not None]
    if not noises:
        return "Nothing was measured."
    loads = [noise.load_average for noise in noises]
    spins = [noise.spin_ms for noise in noises]
    return (
        f"{noises[0].cores} cores, load average {min(loads):.1f} to {max(loads):.1f} with the"
        f" benchmark's own work, a fixed computation {min(spins):g} to {max(spins):g} ms."
    )


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The table for README.md, with the notes and the noise below it."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    lines += [
        "| " + " | ".join(text.replace("|", "\\|") for text in cells(outcome)) + " |"
        for outcome in outcomes
    ]
    reasons = "\n".join(f"- {line}" for line in notes(outcomes))
    return "\n\n".join(part for part in ("\n".join(lines), reasons, noise_line(outcomes)) if part)


def write_markdown(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Replaces what stands between the two marker comments of the file.

    Raises ValueError when the file has not each of them once, in order.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"{path} needs one {BEGIN} and, after it, one {END}")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{markdown(outcomes)}\n{END}{after}", encoding="utf-8")
