"""The cases: what libvirt's tests say about each input, and the corpus a result belongs to."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "cases.tsv"

QEMU = "qemuxmlconftest"
GENERIC = "genericxml2xmltest"

CORPORA = {
    GENERIC: "generic",
    "networkxml2xmltest": "network",
    "networkxml2xmlupdatetest": "network-update",
    "virnetworkportxml2xmltest": "network-port",
    "nwfilterxml2xmltest": "filter",
    "virnwfilterbindingxml2xmltest": "filter-binding",
    "storagepoolxml2xmltest": "pool",
    "storagevolxml2xmltest": "volume",
    "secretxml2xmltest": "secret",
    "nodedevxml2xmltest": "node-device",
    "interfacexml2xmltest": "interface",
    "qemudomainsnapshotxml2xmltest": "snapshot",
    "qemudomaincheckpointxml2xmltest": "checkpoint",
    "vircaps2xmltest": "capabilities",
    "qemucaps2xmltest": "capabilities",
    "domaincapstest": "domain-capabilities",
    "lxcxml2xmltest": "lxc-xml",
    "bhyvexml2xmltest": "bhyve-xml",
    "chxml2xmltest": "ch-xml",
}
"""libvirt's test program, and the corpus that its cases make; QEMU's make several."""

SCHEMAS = "virschematest"
OF_SCHEMA_DATA = {
    "capabilityschemadata": "capabilities",
    "storagepoolcapsschemadata": "pool-capabilities",
}
"""The directories of documents that libvirt only validates, and their corpora."""

_QEMU_NAME = re.compile(
    r"(?P<base>.+)\.(?P<arch>[a-z0-9_]+)-(?P<version>latest|[0-9.]+)"
    r"(?P<variant>\+\w+)?(?P<abi>\.abi-update)?"
)


@dataclass(frozen=True)
class Case:
    """One input of libvirt's tests: files by their path below its `tests`."""

    test: str
    name: str
    macro: str
    inputs: tuple[str, ...]
    expected: tuple[str, ...]
    polarity: str  # pass, fail-parse, fail-args, fail
    context: str
    settings: tuple[tuple[str, str], ...] = ()  # of libvirt's driver, where not the default

    def expected_file(self, suffix: str) -> str | None:
        """The expected file of that kind, if the case has one."""
        return next((file for file in self.expected if file.endswith(suffix)), None)


class QemuName(NamedTuple):
    """What the name of a case of QEMU says of its capabilities."""

    arch: str
    version: str
    variant: str
    abi_update: bool

    @property
    def x86_64_latest(self) -> bool:
        """Whether it is of the group with the highest target."""
        return (self.arch, self.version) == ("x86_64", "latest")


def read_cases(table: Path = TABLE) -> list[Case]:
    """All cases of the table."""
    with table.open(newline="", encoding="utf-8") as stream:
        return [
            _case(row) for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def _case(row: dict[str, str]) -> Case:
    return Case(
        test=row["c_test"],
        name=row["case"],
        macro=row["macro"],
        inputs=tuple(row["input"].split(" + ")),
        expected=tuple(filter(None, row["expected_files"].split(";"))),
        polarity=row["polarity"],
        context=row["context"],
        settings=tuple(_setting(word) for word in row["settings"].split(";") if word),
    )


def _setting(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def qemu_name(case: Case) -> QemuName:
    """Architecture, version and variant of a QEMU case."""
    found = _QEMU_NAME.fullmatch(case.name)
    if found is None:
        raise ValueError(f"{case.name}: no architecture and version in the name")
    return QemuName(
        found["arch"], found["version"], found["variant"] or "", found["abi"] is not None
    )


def corpora_of(case: Case) -> tuple[str, ...]:
    """The corpora that a case gives one result each."""
    if case.test == SCHEMAS:
        return (OF_SCHEMA_DATA[case.inputs[0].partition("/")[0]],)
    if case.test != QEMU:
        return ("backup",) if case.macro.startswith("DO_TEST_BACKUP") else (CORPORA[case.test],)
    latest = qemu_name(case).x86_64_latest
    xml = "qemu-xml-x86_64-latest" if latest else "qemu-xml-other-archs"
    if case.polarity == "fail-parse":
        return ("qemu-refused",)
    if case.polarity == "fail-args":
        return (xml, "qemu-refused")
    return (xml, "qemu-args-x86_64-latest" if latest else "qemu-args-other")
