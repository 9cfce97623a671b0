"""A recorded emulator answers by command and arguments, whatever the order was."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.replies import NotRecorded, Refused, Replies, find_recording


def recording(*messages: dict[str, Any]) -> Replies:
    """What a file of these messages says."""
    return Replies("\n\n".join(json.dumps(message, indent=2) for message in messages).encode())


def asked(number: int, command: str, **arguments: Any) -> dict[str, Any]:
    """A question with its number."""
    question: dict[str, Any] = {"execute": command, "id": f"libvirt-{number}"}
    return question | ({"arguments": arguments} if arguments else {})


def told(number: int, value: Any) -> dict[str, Any]:
    """The answer to that question."""
    return {"return": value, "id": f"libvirt-{number}"}


def test_an_answer_is_found_by_command_and_arguments() -> None:
    replies = recording(
        asked(1, "list", typename="b", more=1), told(1, "B"), asked(2, "list"), told(2, "all")
    )
    assert replies.ask("list") == "all"
    assert replies.ask("list", {"more": 1, "typename": "b"}) == "B"
    assert replies.ask_all("list") == [({"more": 1, "typename": "b"}, "B"), ({}, "all")]


def test_a_question_asked_twice_has_two_answers() -> None:
    replies = recording(asked(1, "q"), told(1, "kvm"), asked(1, "q"), told(1, "tcg"))
    assert replies.ask("q") == "kvm"
    assert replies.ask("q", time=1) == "tcg"


def test_what_was_not_asked_is_not_answered() -> None:
    with pytest.raises(NotRecorded):
        recording(asked(1, "q", a=1), told(1, "x")).ask("q")


def test_an_error_of_the_emulator_is_told() -> None:
    answer = {"error": {"class": "DeviceNotFound", "desc": "no such device"}, "id": "libvirt-1"}
    with pytest.raises(Refused, match="no such device"):
        recording(asked(1, "q"), answer).ask("q")


def test_an_answer_to_another_question_is_a_damaged_file() -> None:
    with pytest.raises(ValueError, match="belong together"):
        recording(asked(1, "q"), told(2, "x"))


def test_the_newest_recording_is_the_latest(tmp_path: Path) -> None:
    for name in ("9.2.0_x86_64", "10.0.0_x86_64", "10.0.0_x86_64+amdsev", "10.1.0_s390x"):
        (tmp_path / f"caps_{name}.replies").touch()
    assert find_recording(tmp_path, "x86_64", "latest").stem == "caps_10.0.0_x86_64"
    assert find_recording(tmp_path, "x86_64", "9.2.0").stem == "caps_9.2.0_x86_64"
    assert find_recording(tmp_path, "x86_64", "latest", "+amdsev").stem.endswith("+amdsev")
    with pytest.raises(LookupError):
        find_recording(tmp_path, "x86_64", "8.0.0")
    with pytest.raises(LookupError):
        find_recording(tmp_path, "ppc64", "latest")
