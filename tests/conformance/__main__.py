"""`./run conformance`: libvirt's test data against virtbus."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from fnmatch import fnmatch

from .cases import Case, corpora_of, read_cases
from .report import below_target, print_case, print_table, summary
from .run_cases import WORKERS, run_cases
from .source import SourceMissing, libvirt_source
from .validation import OURS, THEIRS


def main() -> int:
    """Exit status: 0, 1 when a corpus is below its target, 2 when there is nothing to run."""
    options = _options()
    cases = [case for case in read_cases() if _wanted(case, options)]
    if not cases:
        print("conformance: no such case or corpus", file=sys.stderr)
        return 2
    try:
        source = libvirt_source()
    except SourceMissing as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    outcomes = run_cases(cases, source, workers=options.workers)
    if options.corpus:
        outcomes = [outcome for outcome in outcomes if outcome.corpus in options.corpus]
    if options.show:
        for outcome in outcomes:
            if outcome.differences or options.case or (options.refusals and outcome.refusal):
                print_case(outcome, written=bool(options.case))
    corpora = summary(outcomes)
    if options.json:
        print(json.dumps(corpora, indent=1))
    elif not (options.show and options.case):
        print_table(corpora, top=options.top)
    low = below_target(corpora)
    return 1 if low and not (options.no_targets or options.case) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run conformance", description="libvirt 11.3's test data against virtbus."
    )
    parser.add_argument(
        "--corpus", nargs="+", default=[], metavar="NAME", help="only these corpora"
    )
    parser.add_argument("--case", metavar="NAME", help="only cases of that name (* and ? match)")
    parser.add_argument("--show", action="store_true", help="all differences of each failure")
    parser.add_argument("--refusals", action="store_true", help="with --show: right refusals too")
    parser.add_argument("--json", action="store_true", help="corpora, totals, groups as JSON")
    parser.add_argument("--top", type=int, default=3, metavar="N", help="reasons in the table (3)")
    parser.add_argument("--no-targets", action="store_true", help="exit 0 below a target too")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="processes (2)")
    return parser.parse_args()


def _wanted(case: Case, options: argparse.Namespace) -> bool:
    chosen = set(options.corpus) - {OURS, THEIRS}
    if chosen and not chosen & set(corpora_of(case)):
        return False
    return not options.case or fnmatch(case.name, options.case)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as `./run conformance --show | head` expects
    sys.exit(main())
