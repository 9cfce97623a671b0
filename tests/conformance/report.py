"""The results: a table for people, JSON for machines, one case in full."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .outcome import Outcome
from .targets import TARGETS

TOP = 3


def summary(outcomes: Iterable[Outcome]) -> dict[str, dict[str, Any]]:
    """By corpus: total, passed, failed, and the names of the cases by reason, most first.

    A case that fails for several reasons is named under each of them; `alone` counts the
    cases that fail for that one reason only. `refused_as_unsupported` names those passed that
    were refused because we lack something, which may not be why libvirt refuses them.
    """
    corpora: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        corpora[outcome.corpus].append(outcome)
    order = list(TARGETS)
    names = sorted(
        corpora, key=lambda name: (name not in order, name in order and order.index(name))
    )
    return {corpus: _corpus(corpora[corpus]) for corpus in names}


def _corpus(outcomes: list[Outcome]) -> dict[str, Any]:
    failed = [outcome for outcome in outcomes if outcome.differences]
    groups: dict[str, list[str]] = defaultdict(list)
    alone: dict[str, int] = defaultdict(int)
    for outcome in failed:
        for reason in outcome.reasons:
            groups[reason].append(outcome.case)
        if len(outcome.reasons) == 1:
            alone[outcome.reasons[0]] += 1
    return {
        "total": len(outcomes),
        "passed": len(outcomes) - len(failed),
        "failed": len(failed),
        "refused_as_unsupported": sorted(
            outcome.case for outcome in outcomes if outcome.refusal.startswith("Unsupported:")
        ),
        "groups": {
            name: sorted(groups[name])
            for name in sorted(groups, key=lambda n: (-len(groups[n]), n))
        },
        "alone": {name: alone[name] for name in sorted(alone, key=lambda n: (-alone[n], n))},
    }


def percent(corpus: dict[str, Any]) -> float:
    """The share of a corpus that passed."""
    return 100 * corpus["passed"] / corpus["total"] if corpus["total"] else 0.0


def below_target(corpora: dict[str, dict[str, Any]]) -> list[str]:
    """The corpora that pass less than they should."""
    return [name for name in corpora if percent(corpora[name]) < TARGETS.get(name, 0)]


def print_table(corpora: dict[str, dict[str, Any]], *, top: int = TOP) -> None:
    """One row per corpus, with its most frequent reasons."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("corpus", "total", "passed", "%", "target"):
        table.add_column(head, justify="left" if head == "corpus" else "right", no_wrap=True)
    table.add_column("most frequent reasons (cases; of them for this reason alone)")
    for name, corpus in corpora.items():
        reasons = [
            f"{len(cases)} ({corpus['alone'].get(reason, 0)}) {reason}"
            for reason, cases in list(corpus["groups"].items())[:top]
        ]
        if unsupported := corpus["refused_as_unsupported"]:
            reasons.append(f"{len(unsupported)} of those passed were refused as Unsupported")
        low = name in below_target({name: corpus})
        table.add_row(
            name,
            str(corpus["total"]),
            str(corpus["passed"]),
            Text(f"{percent(corpus):.1f}", style="red" if low else ""),
            str(TARGETS.get(name, "-")),
            Text("\n".join(reasons)),
        )
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, emoji=False, markup=False).print(table)


def print_case(outcome: Outcome, *, written: bool) -> None:
    """All that differs in one case."""
    print(f"{outcome.corpus} {outcome.case}: {'FAILED' if outcome.differences else 'passed'}")
    if outcome.refusal:
        print(f"  {outcome.refusal}")
    for difference in outcome.differences:
        print(f"  {difference.reason}")
        for line in difference.detail.splitlines():
            print(f"      {line}")
    if written and outcome.written:
        print(outcome.written)
