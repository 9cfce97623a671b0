"""All that is wrong with a document, and all that has no effect, for a person to mend."""

from typing import NamedTuple

from ..errors import InvalidDocument
from .documents import document, kind_of
from .engine.declare import Element
from .engine.document import Document
from .engine.walk import Problem

_UUID = "00000000-0000-4000-8000-000000000000"
_MAC = "52:54:00:00:00:00"


class Report(NamedTuple):
    """What validation found; the document is good when there are no errors."""

    kind: str
    errors: list[Problem]
    warnings: list[Problem]


def validate(text: str | bytes, kind: str | None = None) -> Report:
    """What libvirt's rules for every hypervisor have against `text`, in the order of its lines.

    `kind` is one of `documents.KINDS`; by default the root tells. A value that cannot be read is
    the only error told, contradictions between values are told all at once. Warnings are elements
    and attributes that nobody knows. Raises InvalidArgument for a kind that is not known.
    """
    try:
        kind = kind or kind_of(text)
        found = document(kind)
        element = found.parse(text)
        warnings = found.ignored(element)
        _complete(found, element)
    except InvalidDocument as error:
        return Report(kind or "", [problem_of(error)], [])
    return Report(kind, _in_order(found.problems(element)), _in_order(warnings))


def _complete(found: Document[Element], element: Element) -> None:
    if found.tag != "domain":
        found.apply_defaults(element)
        return
    from .domain import Domain, apply_defaults

    assert isinstance(element, Domain)
    apply_defaults(element, uuid=_UUID, macs=iter(lambda: _MAC, None))


def problem_of(error: InvalidDocument) -> Problem:
    """What an error says, as one thing that is wrong."""
    details = error.details
    line = details["line"]
    assert isinstance(line, int)
    return Problem(line, str(details["element"]), str(details["reason"]))


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.line)
