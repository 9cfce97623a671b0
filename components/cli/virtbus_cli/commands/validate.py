"""`virtbus validate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

import click

from ..base import ALL, BusCommand
from ..session import Session, session_of

if TYPE_CHECKING:
    from virtbus.model.engine.walk import Problem
    from virtbus.model.validate import Report


@click.command(
    "validate",
    cls=BusCommand,
    operations=("domain.check",),
    section="Look",
    shared=ALL,
    short_help="What is wrong with a document, and where",
)
@click.argument("files", type=click.File("rb"), metavar="FILE...", nargs=-1, required=True)
@click.option("--kind", metavar="KIND", help="What it is.  [default: its root element tells]")
@click.option("--agent", is_flag=True, help="Ask the agent as well; needs a bus.")
@click.option("--strict", is_flag=True, help="What has no effect is an error too.")
@click.pass_context
def command(
    context: click.Context, files: tuple[BinaryIO, ...], kind: str | None, agent: bool, strict: bool
) -> None:
    """Tell what is wrong with documents: domains, networks, pools, volumes, secrets, ...

    virtbus validate guest.xml                    by libvirt's rules for every hypervisor
    virtbus validate --agent guest.xml            and by those of the agent that would run it
    virtbus xml guest | virtbus validate -        - is standard input

    Each line is FILE:LINE: error or warning: ELEMENT: REASON. Elements and attributes that nobody
    knows are warnings: they have no effect, most are misspelt. Exits with 2 if there are errors.
    """
    from virtbus.model.validate import validate

    from .. import show

    session = session_of(context)
    wrong = False
    answers = []
    for file in files:
        text = file.read()
        report = validate(text, kind)
        if agent and report.kind == "domain" and not report.errors:
            report = report._replace(errors=_asked(session, text))
        wrong = wrong or bool(report.errors) or (strict and bool(report.warnings))
        answers.append(_plain(file.name, report))
        if not session.json:
            _tell(file.name, text, report)
    if session.json:
        show.print_json(answers)
    if wrong:
        context.exit(2)


def _asked(session: Session, text: bytes) -> list[Problem]:
    """What the agent has against a domain that is good so far."""
    from virtbus.errors import InvalidDocument, Unsupported
    from virtbus.model.engine.walk import Problem
    from virtbus.model.validate import problem_of

    try:
        with session.connect() as conn:
            conn.check_domain(xml=text.decode())
    except InvalidDocument as error:
        return [problem_of(error)]
    except Unsupported as error:
        return [Problem(0, "domain", str(error))]
    return []


def _plain(name: str, report: Report) -> dict[str, object]:
    return {
        "file": name,
        "kind": report.kind,
        "errors": [each._asdict() for each in report.errors],
        "warnings": [each._asdict() for each in report.warnings],
    }


def _tell(name: str, text: bytes, report: Report) -> None:
    """One line for each finding, and the line of the file it is about."""
    from ..show import readable

    lines = text.decode(errors="replace").splitlines()
    found = [(each, "error") for each in report.errors]
    found += [(each, "warning") for each in report.warnings]
    for problem, level in sorted(found, key=lambda pair: pair[0].line):
        where = f"{name}:{problem.line}" if problem.line else name
        what = f"{problem.element}: {problem.reason}" if problem.element else problem.reason
        print(readable(f"{where}: {level}: {what}"))
        if 0 < problem.line <= len(lines):
            print(readable(f"    {lines[problem.line - 1].strip()[:200]}"))
    if not found:
        print(f"{name}: good ({report.kind})", file=sys.stdout)
