"""The corpora about domains: QEMU's, and the one for every hypervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from virtbus.model.domain import Domain

from . import args_compare, xml_compare
from .cases import Case, corpora_of
from .deliberate import named
from .environment import Environment, NotExpressed, environment_of
from .host import TOLD_SETTINGS
from .outcome import Outcome, Stopped, without_values
from .pipeline import define, define_generic, start, write
from .xml_compare import Difference

T = TypeVar("T")


def step(stage: str, work: Callable[[], T]) -> T:
    """What `work` answers; raises Stopped for any error of it."""
    try:
        return work()
    except Exception as error:
        raise Stopped(stage, error) from error


def read(tests: Path, file: str) -> bytes:
    """An input; one that libvirt's tests name but do not have is as an empty one."""
    path = tests / file
    return path.read_bytes() if path.exists() else b""


def run_qemu(case: Case, tests: Path) -> Iterator[Outcome]:
    """One result for each corpus of the case.

    A failure names the settings of the driver that our functions could not be told as well,
    and differences that are meant by what they are.
    """
    untold = [
        Difference(f"context: setting {name}", value)
        for name, value in case.settings
        if name not in TOLD_SETTINGS
    ]
    for outcome in _run_qemu(case, tests):
        if outcome.differences:
            outcome.differences = named(untold + outcome.differences)
        yield outcome


def _run_qemu(case: Case, tests: Path) -> Iterator[Outcome]:
    corpora = corpora_of(case)
    try:
        environment = environment_of(case, tests)
    except NotExpressed as wanted:
        reason = Difference(f"context: {wanted}", case.context)
        yield from (Outcome(corpus, case.name, [reason]) for corpus in corpora)
        return
    text = read(tests, case.inputs[0])
    try:
        document = step("define", lambda: define(text, environment))
    except Stopped as stop:
        yield from (_stopped(corpus, case, stop) for corpus in corpora)
        return
    if case.polarity == "fail-parse":
        yield Outcome(corpora[0], case.name, [accepted("define", case, tests)])
        return
    expected = (tests / (case.expected_file(".xml") or "")).read_bytes()
    yield xml_outcome(
        corpora[0],
        case,
        expected,
        lambda: write(document),
        lambda out: write(define(out, environment)),
    )
    outcome = _started(corpora[1], case, tests, document, environment)
    if outcome.differences:
        untold = [Difference(f"context: {name}", case.context) for name in environment.untold]
        outcome.differences = untold + outcome.differences
    yield outcome


def _started(
    corpus: str, case: Case, tests: Path, document: Domain, environment: Environment
) -> Outcome:
    outcome = Outcome(corpus, case.name)
    try:
        command = step("start", lambda: start(document, environment))
    except Stopped as stop:
        return _stopped(corpus, case, stop)
    outcome.written = " \\\n".join(command.argv)
    if case.polarity == "fail-args":
        outcome.differences = [accepted("start", case, tests)]
    else:
        file = tests / (case.expected_file(".args") or "")
        _, words = args_compare.read_args(file.read_text(encoding="utf-8"))
        outcome.differences = args_compare.compare(words, command.argv)
    return outcome


def _stopped(corpus: str, case: Case, stop: Stopped) -> Outcome:
    """The result of a step that ended in an error: in a corpus of refusals it may be right."""
    outcome = Outcome(corpus, case.name)
    right = {"fail-parse": "define", "fail-args": "start"}.get(case.polarity)
    if corpus == "qemu-refused" and stop.refused and stop.stage == right:
        outcome.refusal = f"{type(stop.error).__name__}: {stop.error}"
        return outcome
    if corpus == "qemu-refused" and stop.refused:
        early = f"refused at {stop.stage} instead of {right}"
        outcome.differences = [Difference(early, str(stop.error))]
    else:
        outcome.differences = [stop.difference()]
    return outcome


def accepted(stage: str, case: Case, tests: Path) -> Difference:
    """The failure of a step that should have refused."""
    file = case.expected_file(".err")
    message = (tests / file).read_text(encoding="utf-8").strip() if file else "(no message known)"
    return Difference(f"accepted at {stage}: {without_values(message)}", f"libvirt says: {message}")


def xml_outcome(
    corpus: str,
    case: Case,
    expected: bytes,
    written: Callable[[], str],
    again: Callable[[bytes], str],
) -> Outcome:
    """Our document compared with libvirt's, and then with what we make of our own."""
    outcome = Outcome(corpus, case.name, expected=expected)
    try:
        out = outcome.written = step("format", written)
        outcome.differences = xml_compare.compare(expected, out)
        second = step("reading our own output", lambda: again(out.encode()))
    except Stopped as stop:
        outcome.differences.append(stop.difference())
        return outcome
    except ValueError as error:
        outcome.differences.append(Difference("we wrote what is not XML", str(error)))
        return outcome
    outcome.differences += [
        Difference(f"not stable: {difference.reason}", difference.detail)
        for difference in xml_compare.compare(out, second)
    ]
    return outcome


def run_generic(case: Case, tests: Path) -> Iterator[Outcome]:
    """The document as every hypervisor takes it, as that of an active or an inactive guest."""
    (corpus,) = corpora_of(case)
    text = read(tests, case.inputs[0])
    inactive = case.context != "active"
    try:
        document = step("define", lambda: define_generic(text))
    except Stopped as stop:
        passed = case.polarity != "pass" and stop.refused
        yield Outcome(corpus, case.name, [] if passed else [stop.difference()])
        return
    if case.polarity != "pass":
        yield Outcome(corpus, case.name, [accepted("define", case, tests)])
        return
    yield xml_outcome(
        corpus,
        case,
        (tests / case.expected[0]).read_bytes(),
        lambda: write(document, inactive=inactive),
        lambda out: write(define_generic(out), inactive=inactive),
    )
