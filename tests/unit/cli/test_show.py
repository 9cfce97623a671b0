"""Replies as JSON and as words."""

import json
import re
from uuid import UUID

import pytest

from virtbus.operations.domain import DomainXml
from virtbus.operations.event import DomainLifecycle, DomainWatchdog, Lifecycle
from virtbus.operations.records import BlockStats, DomainRecord, DomainStats, State
from virtbus_cli import show
from virtbus_cli.commands.events import describe

RECORD = DomainRecord(uuid=UUID(int=7), name="a\x1b]0;b", state=State.SHUTOFF, reason="unknown")


def test_json_has_every_field_those_at_their_defaults_too() -> None:
    fields = show.plain(RECORD)
    assert set(fields) == set(RECORD.__struct_fields__)
    assert fields["uuid"] == "00000000-0000-0000-0000-000000000007"
    assert fields["state"] == "shutoff"
    assert fields["id"] == -1
    assert json.loads(json.dumps(fields)) == fields


def test_json_of_an_event_has_its_kind() -> None:
    event = DomainWatchdog(uuid=UUID(int=1), name="g", action="reset")
    assert show.plain(event)["event"] == "domain_watchdog"


def test_a_terminal_is_not_commanded_by_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    show.print_table(("Name", "Number"), [(RECORD.name, 1), ("plain", 22)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.splitlines()[1:] == ["a\\x1b]0;b       1", "plain          22"]


def test_a_document_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show.print_reply(DomainXml(xml="<domain>\n</domain>\n"))
    assert capsys.readouterr().out == "<domain>\n</domain>\n"


def test_fields_and_the_lists_below_them(capsys: pytest.CaptureFixture[str]) -> None:
    stats = DomainStats(
        uuid=UUID(int=7), name="g", time_ms=0, state=State.RUNNING, reason="booted",
        cpu_time_ns=1_500_000_000, resident_kib=2048,
        blocks=(BlockStats(name="vda", read_requests=3),),
    )  # fmt: skip
    show.print_reply(stats)
    out = capsys.readouterr().out
    assert re.search(r"^resident: +2 MiB$", out, re.MULTILINE)
    assert re.search(r"^cpu time: +1\.500 s$", out, re.MULTILINE)
    assert "blocks:\nname  path" in out.replace("\n\n", "\n")


@pytest.mark.parametrize(
    "value_kib, text", [(0, "0 KiB"), (1024, "1 MiB"), (1536, "1.5 MiB"), (8388608, "8 GiB")]
)
def test_memory(value_kib: int, text: str) -> None:
    assert show.kib(value_kib) == text


@pytest.mark.parametrize("seconds, text", [(0, "0 s"), (61, "1 min 1 s"), (90_061, "1 d 1 h")])
def test_spans(seconds: float, text: str) -> None:
    assert show.span(seconds) == text


def test_an_event_in_words() -> None:
    event = DomainLifecycle(
        uuid=UUID(int=1), name="g", number=4, change=Lifecycle.STOPPED, detail="crashed", late=True
    )
    assert describe(event).endswith("#4  g  stopped (crashed)  (while the agent was away)")
