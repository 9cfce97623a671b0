"""The table of cases, and what each case says of its host."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.cases import corpora_of, read_cases
from tests.conformance.environment import (
    Environment,
    NotExpressed,
    arguments,
    with_argument,
    with_stable_names,
)
from tests.conformance.outcome import Outcome, Stopped, without_values
from tests.conformance.report import summary
from tests.conformance.xml_compare import Difference
from virtbus.errors import InvalidDocument
from virtbus_qemu.translate import HostFirmware, QemuCapabilities
from virtbus_qemu.translate.capabilities import MachineType

CAPS = QemuCapabilities(
    emulator="q",
    version=(1, 0, 0),
    arch="x86_64",
    machines=(MachineType(name="pc-1.0", alias="pc", default=True), MachineType(name="none")),
    cpus=(),
    devices=frozenset({"VGA", "pci-ohci"}),
)


def test_each_case_is_in_a_corpus() -> None:
    counted = Counter(corpus for case in read_cases() for corpus in corpora_of(case))
    assert counted["qemu-refused"] == 217
    assert counted["qemu-args-x86_64-latest"] + counted["qemu-args-other"] == 1094
    assert counted["generic"] + counted["backup"] == 73


def test_arguments_of_a_case_are_read() -> None:
    text = 'ARG_CAPS_ARCH, "ppc", ARG_FLAGS, A | B, ARG_QEMU_CAPS_DEL, C, D, QEMU_CAPS_LAST'
    assert list(arguments(text)) == [
        ("ARG_CAPS_ARCH", ['"ppc"']),
        ("ARG_FLAGS", ["A", "B"]),
        ("ARG_QEMU_CAPS_DEL", ["C", "D"]),
    ]
    assert list(arguments("gic=GIC_V3 GIC_V3")) == [("ARG_GIC", ["GIC_V3", "GIC_V3"])]
    assert list(arguments("QEMU_CPU_DEF_POWER9")) == [
        ("ARG_CAPS_HOST_CPU_MODEL", ["QEMU_CPU_DEF_POWER9"])
    ]


def test_a_machine_has_its_short_name_and_its_full_one() -> None:
    found = [(m.name, m.alias, m.default) for m in with_stable_names(CAPS).machines]
    assert found == [("pc", "", True), ("pc-1.0", "", False), ("none", "", False)]


def test_errors_of_ours_and_crashes_are_told_apart() -> None:
    refused = Stopped("define", InvalidDocument("line 3: no 'x'", line=3, element="a", reason="r"))
    assert refused.difference().reason == "refused at define: no '...'"
    with pytest.raises(KeyError) as crash:
        dict[str, str]()["x"]
    reason = Stopped("define", crash.value).difference().reason
    assert reason.startswith("crash: KeyError at test_cases.py:")


def test_values_are_left_out_of_a_reason() -> None:
    assert without_values("port 17 of 'a b' is \"0x1f\"") == "port N of '...' is '...'"


def test_a_context_that_cannot_be_given_is_not_left_out() -> None:
    host = Environment(caps=CAPS, firmware=HostFirmware(known=(), nvram_directory="/n"))
    with pytest.raises(NotExpressed, match="ARG_SOMETHING"):
        with_argument(host, "ARG_SOMETHING", [], Path())
    with pytest.raises(NotExpressed, match="QEMU_CAPS_NEW"):
        with_argument(host, "ARG_QEMU_CAPS_DEL", ["QEMU_CAPS_NEW"], Path())
    with pytest.raises(NotExpressed, match="FLAG_NEW"):
        with_argument(host, "ARG_FLAGS", ["FLAG_NEW", "FLAG_EXPECT_FAILURE"], Path())
    assert with_argument(
        host, "ARG_QEMU_CAPS_DEL", ["QEMU_CAPS_PCI_OHCI"], Path()
    ).caps.devices == {"VGA"}


def test_a_case_is_in_each_of_its_groups() -> None:
    both = Outcome("c", "two", [Difference("r1", ""), Difference("r2", ""), Difference("r1", "")])
    corpus = summary([both, Outcome("c", "one", [Difference("r1", "")]), Outcome("c", "good")])["c"]
    assert (corpus["total"], corpus["passed"], corpus["failed"]) == (3, 1, 2)
    assert corpus["groups"] == {"r1": ["one", "two"], "r2": ["two"]}
    assert corpus["alone"] == {"r1": 1}
