"""Each error has its exit status and its advice."""

import json
import re

import pytest

from virtbus import errors
from virtbus.errors import BY_CODE, VirtbusError
from virtbus_cli.failures import EXIT_CODES, exit_status, next_step, report
from virtbus_cli.session import Session

STATUS = {
    "invalid_argument": 2, "invalid_document": 2, "unsupported": 2, "not_allowed": 7,
    "protocol_mismatch": 2, "no_such_domain": 3, "already_exists": 6, "invalid_state": 6,
    "busy": 4, "overloaded": 4, "no_such_agent": 4, "route_taken": 4, "not_connected": 4,
    "agent_gone": 5, "deadline_exceeded": 5, "cancelled": 5, "interrupted": 5,
    "hypervisor_failed": 1, "unresponsive": 1, "store_failed": 1, "internal": 1,
}  # fmt: skip


@pytest.mark.parametrize("code, status", STATUS.items())
def test_exit_status(code: str, status: int) -> None:
    assert exit_status(BY_CODE[code]("x")) == status
    assert status in EXIT_CODES


@pytest.mark.parametrize("kind", BY_CODE.values(), ids=lambda kind: kind.code)
def test_people_get_what_why_and_next_on_a_line_each(
    kind: type[VirtbusError], capsys: pytest.CaptureFixture[str]
) -> None:
    report(kind("it broke\x1b[2J", cause="the\ndisk"), Session())
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"error: it broke\\x1b\[2J\nwhy:   the\\ndisk\nnext:  \S.+\n", err), err


def test_machines_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.json = True
    assert report(errors.Busy("held", operation="domain.start", request_id="ab"), session) == 4
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "busy"
    assert error["details"] == {"operation": "domain.start", "request_id": "ab"}
    assert error["exit_status"] == 4
    assert error["next"].endswith("`virtbus cancel ab`")


def test_every_error_has_advice_of_its_category_at_least() -> None:
    for kind in BY_CODE.values():
        if kind is not VirtbusError:
            assert next_step(kind("x")) != "ask again", kind
