"""The corpora about all other documents, by the product's registry of documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from virtbus.errors import VirtbusError
from virtbus.model.documents import kind_of

from .cases import Case, corpora_of
from .definitions import definition_of
from .domains import accepted, read, run_generic, step, xml_outcome
from .moments import Definition
from .networks import run_update
from .outcome import Outcome, Stopped
from .pipeline import read_document, write_document
from .xml_compare import Difference

ROOT_OF = {
    "backup": "domainbackup",
    "capabilities": "capabilities",
    "checkpoint": "domaincheckpoint",
    "domain-capabilities": "domainCapabilities",
    "filter": "filter",
    "filter-binding": "filterbinding",
    "interface": "interface",
    "network": "network",
    "network-port": "networkport",
    "node-device": "device",
    "pool": "pool",
    "pool-capabilities": "storagepoolCapabilities",
    "secret": "secret",
    "snapshot": "domainsnapshot",
    "volume": "volume",
}
"""The tag that the documents of a corpus begin with."""

OF_OTHER_HYPERVISORS = ("bhyve-xml", "ch-xml", "lxc-xml")
_INACTIVE = ("VIR_NETWORK_XML_INACTIVE", "VIR_NODE_DEVICE_XML_INACTIVE")


def run_other(case: Case, tests: Path) -> Iterator[Outcome]:
    """One result for the case."""
    (corpus,) = corpora_of(case)
    if corpus in OF_OTHER_HYPERVISORS:
        yield from run_generic(case, tests)
        return
    if corpus == "network-update":
        yield from run_update(corpus, case, tests)
        return
    kind = _kind(corpus)
    if kind is None:
        yield Outcome(corpus, case.name, [Difference("no such document yet", case.inputs[-1])])
        return
    inactive = case.context in _INACTIVE or case.macro == "DO_TEST_INACTIVE"
    how = definition_of(kind, case, tests) or Definition(
        lambda given: read_document(kind, given),
        lambda element: write_document(kind, element, inactive=inactive),
    )
    text = read(tests, case.inputs[-1])
    try:
        document = step("parse", lambda: how.read(text))
    except Stopped as stop:
        passed = case.polarity != "pass" and stop.refused
        yield Outcome(corpus, case.name, [] if passed else [stop.difference()])
        return
    if case.polarity != "pass":
        yield Outcome(corpus, case.name, [accepted("parse", case, tests)])
        return
    yield xml_outcome(
        corpus,
        case,
        (tests / case.expected[0]).read_bytes(),
        lambda: how.write(document),
        lambda out: how.write(how.read(out)),
    )


def _kind(corpus: str) -> str | None:
    root = ROOT_OF.get(corpus)
    if root is None:
        return None
    try:
        return kind_of(f"<{root}/>")
    except VirtbusError:
        return None
