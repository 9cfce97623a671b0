"""Credit both ways."""

import pytest

from virtbus.client.stream import CREDIT_STEP_BYTES, Stream
from virtbus.errors import AgentGone, ErrorBody, HypervisorFailed, InvalidState, ProtocolMismatch
from virtbus.wire.frames import (
    MAX_DATA_BYTES,
    MIN_DATA_COST_BYTES,
    STREAM_WINDOW_BYTES,
    Kind,
    decode_header,
)


def test_sending_stops_when_the_credit_is_spent_and_goes_on_with_more() -> None:
    stream = Stream(b"s" * 16)
    rest = memoryview(b"x" * (STREAM_WINDOW_BYTES + 10))
    sizes = []
    while True:
        message, rest = stream.spend(rest)
        if message is None:
            break
        sizes.append(len(message[2]))
    assert sizes == [MAX_DATA_BYTES] * (STREAM_WINDOW_BYTES // MAX_DATA_BYTES)
    assert len(rest) == 10
    stream.earn(-5)
    assert stream.spend(rest)[0] is None
    stream.earn(MIN_DATA_COST_BYTES - 1)
    assert stream.spend(rest)[0] is None
    stream.earn(1)
    message, rest = stream.spend(rest)
    assert message is not None
    assert (len(message[2]), len(rest)) == (10, 0)
    assert stream.credit_bytes == 0


def test_credit_is_given_for_what_was_taken_in_steps() -> None:
    stream = Stream(b"s" * 16)
    assert stream.accept([b"x" * (CREDIT_STEP_BYTES - 1)])
    assert stream.take()[1] is None
    assert stream.accept([b"x", b"y"])
    data, credit = stream.take()
    assert data == b"xy"
    assert credit is not None
    header = decode_header(credit[0])
    assert (header.kind, header.number) == (
        Kind.CREDIT,
        CREDIT_STEP_BYTES - 1 + MIN_DATA_COST_BYTES,
    )
    assert stream.granted_bytes == STREAM_WINDOW_BYTES


def test_small_messages_cost_as_much_as_their_place_in_a_queue() -> None:
    stream = Stream(b"s" * 16)
    most = STREAM_WINDOW_BYTES // MIN_DATA_COST_BYTES
    assert all(stream.spend(memoryview(b"x"))[0] is not None for _ in range(most))
    assert stream.spend(memoryview(b"x"))[0] is None
    assert all(stream.accept([b"x"]) for _ in range(most))
    assert not stream.accept([b"x"])
    assert not stream.accept([])
    data, credit = stream.take()
    assert credit is not None
    assert (len(data), decode_header(credit[0]).number) == (most, STREAM_WINDOW_BYTES)
    assert stream.accept([b"x"])


def test_what_is_unread_stays_within_the_window() -> None:
    stream = Stream(b"s" * 16)
    assert stream.accept([b"x" * STREAM_WINDOW_BYTES])
    assert not stream.accept([b"x"])
    assert stream.unread_bytes == STREAM_WINDOW_BYTES


@pytest.mark.parametrize(
    "reason,body,kind",
    [
        ("finished", None, None),
        ("agent_gone", None, AgentGone),
        ("slow", None, ProtocolMismatch),
        ("hypervisor_failed", ErrorBody(code="hypervisor_failed", message="x"), HypervisorFailed),
    ],
)
def test_an_end_has_a_reason(reason: str, body: ErrorBody | None, kind: type | None) -> None:
    stream = Stream(b"s" * 16)
    stream.end(reason, body)
    stream.end("later")
    assert stream.reason == reason
    assert (None if stream.error is None else type(stream.error)) is kind
    assert isinstance(stream.refusal(), kind or InvalidState)
    assert stream.spend(memoryview(b"x"))[0] is None
