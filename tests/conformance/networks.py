"""The corpus about networks of which one entry is added, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from virtbus.model.engine.reader import root_tag

from .cases import Case
from .domains import accepted, read, step, xml_outcome
from .outcome import Outcome, Stopped
from .pipeline import change_network, read_document, write_document

COMMANDS = {
    "ADD_FIRST": "add-first",
    "ADD_LAST": "add-last",
    "MODIFY": "modify",
    "DELETE": "delete",
}
SECTIONS = {
    "host": "dns-host",
    "interface": "forward-interface",
    "portgroup": "portgroup",
    "range": "ip-dhcp-range",
    "srv": "dns-srv",
    "txt": "dns-txt",
}
"""libvirt's tests set the section apart from the case; it follows from the entry."""

INDEX = 0
"""libvirt's tests name others too, but hand them on in the place of the flags."""


def run_update(corpus: str, case: Case, tests: Path) -> Iterator[Outcome]:
    """One result for the case."""
    network = read_document("network", read(tests, case.inputs[0]))
    fragment = read(tests, case.inputs[1]).decode()
    command = COMMANDS[case.context.partition(",")[0].removeprefix("VIR_NETWORK_UPDATE_COMMAND_")]
    before = write_document("network", network, inactive=False)
    try:
        changed = step(
            "update",
            lambda: change_network(network, _section(case, fragment), command, fragment, INDEX),
        )
    except Stopped as stop:
        passed = case.polarity != "pass" and stop.refused
        yield Outcome(corpus, case.name, [] if passed else [stop.difference()])
        return
    finally:
        assert write_document("network", network, inactive=False) == before
    if case.polarity != "pass":
        yield Outcome(corpus, case.name, [accepted("update", case, tests)])
        return
    yield xml_outcome(
        corpus,
        case,
        (tests / case.expected[0]).read_bytes(),
        lambda: write_document("network", changed, inactive=False),
        lambda out: out.decode(),  # not read again: the whole network is checked elsewhere
    )


def _section(case: Case, fragment: str) -> str:
    tag, _ = root_tag(fragment)
    if tag == "host" and "INDEX" in case.macro:
        return "ip-dhcp-host"
    return SECTIONS[tag]
