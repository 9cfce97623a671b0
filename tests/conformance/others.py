"""The corpora about all other documents, by the product's registry of documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .cases import Case, corpora_of
from .outcome import Outcome
from .xml_compare import Difference


def run_other(case: Case, tests: Path) -> Iterator[Outcome]:
    """One result for the case."""
    (corpus,) = corpora_of(case)
    reason = Difference("no such document yet", case.inputs[-1])
    yield Outcome(corpus, case.name, [reason])
