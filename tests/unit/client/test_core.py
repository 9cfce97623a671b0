"""The session alone: frames in, frames out, times given."""

import os

import pytest

from virtbus.client.call import Call
from virtbus.client.core import MAX_WAITING, WINDOW, Session
from virtbus.client.stream import Stream
from virtbus.errors import (
    Cancelled,
    DeadlineExceeded,
    ErrorBody,
    InvalidArgument,
    NoSuchAgent,
    NoSuchDomain,
    NotConnected,
    Overloaded,
    ProtocolMismatch,
)
from virtbus.wire.frames import (
    VERSION,
    Header,
    Kind,
    decode_header,
    encode_body,
    encode_header,
)


def session(*, linked: bool = True) -> Session:
    made = Session("ipc:///run/x/requests")
    if linked:
        made.link_up(100.0)
    return made


def ask(core: Session, *, now_s: float = 100.0, deadline_s: float = 5.0, **more: bool) -> Call:
    return core.open(
        Kind.REQUEST,
        now_s=now_s,
        deadline_s=deadline_s,
        route="test:///default",
        name="domain.start",
        body=b"\x80",
        **more,
    )


def sent(core: Session, now_s: float = 100.0) -> list[Header]:
    """All that would leave now."""
    headers = []
    while (frames := core.next_message(now_s)) is not None:
        headers.append(decode_header(frames[0]))
        core.mark_sent()
    return headers


def answer(
    call_id: bytes, kind: Kind = Kind.REPLY, body: bytes = b"\xc0", **more: int
) -> list[bytes]:
    return [encode_header(Header(VERSION, kind, call_id, **more)), body]  # type: ignore[arg-type]  # number, epoch


def test_a_call_leaves_with_the_deadline_that_is_left_and_gets_its_reply() -> None:
    core = session()
    call = ask(core, now_s=100.0, deadline_s=5.0)
    (header,) = sent(core, now_s=101.5)
    assert (header.kind, header.id, header.name) == (Kind.REQUEST, call.id, "domain.start")
    assert header.number == 3500
    assert core.receive(answer(call.id, number=7, epoch=3), 100.0) is call
    reply = call.result()
    assert (reply.body, reply.number, reply.epoch) == (b"\xc0", 7, 3)
    assert core.calls == {}


def test_an_error_comes_back_as_its_class() -> None:
    core = session()
    call = ask(core)
    sent(core)
    body = encode_body(ErrorBody(code="no_such_domain", message="no", details={"domain": "x"}))
    core.receive(answer(call.id, Kind.ERROR, body), 100.0)
    with pytest.raises(NoSuchDomain) as caught:
        call.result()
    assert caught.value.details == {"domain": "x"}


@pytest.mark.parametrize("body", [b"", b"\xc1", encode_body({"code": 3})])
def test_an_error_that_cannot_be_read_is_an_error_all_the_same(body: bytes) -> None:
    core = session()
    call = ask(core)
    sent(core)
    core.receive(answer(call.id, Kind.ERROR, body), 100.0)
    assert isinstance(call.error, ProtocolMismatch)


def test_nothing_leaves_before_there_is_a_link() -> None:
    core = session(linked=False)
    call = ask(core)
    assert sent(core) == []
    core.link_up(100.0)
    assert [header.id for header in sent(core)] == [call.id]


def test_after_a_reconnection_all_in_flight_leave_again_in_order_with_their_ids() -> None:
    core = session()
    calls = [ask(core) for _ in range(3)]
    sent(core)
    core.receive(answer(calls[1].id), 100.0)
    core.link_down()
    later = ask(core)
    assert sent(core) == []
    core.link_up(100.0)
    assert [header.id for header in sent(core)] == [calls[0].id, calls[2].id, later.id]
    assert sent(core) == []


def refused(call: Call) -> list[bytes]:
    return answer(call.id, Kind.ERROR, encode_body(ErrorBody(code="no_such_agent", message="no")))


def test_after_a_reconnection_agents_have_a_moment_to_come_back() -> None:
    core = session()
    core.link_down()
    core.link_up(100.0)
    call = ask(core)
    sent(core)
    assert core.receive(refused(call), 100.5) is None
    assert core.has_put_off
    assert sent(core, now_s=100.5) == []
    assert core.next_due_s() == pytest.approx(100.6)
    assert [header.id for header in sent(core, now_s=100.6)] == [call.id]
    assert core.receive(refused(call), 104.0) is call
    assert isinstance(call.error, NoSuchAgent)


def test_an_agent_that_does_not_come_back_by_the_deadline_is_told_as_such() -> None:
    core = session()
    core.link_down()
    core.link_up(100.0)
    call = ask(core, deadline_s=1.0)
    sent(core)
    core.receive(refused(call), 100.95)
    assert core.expire(101.0) == [call]
    assert isinstance(call.error, NoSuchAgent)


def test_what_may_have_been_carried_out_is_asked_until_the_deadline() -> None:
    core = session()
    call = ask(core, deadline_s=50.0)
    sent(core)
    core.link_down()
    core.link_up(101.0)
    for now_s in (102.0, 120.0, 140.0):
        assert [header.id for header in sent(core, now_s)] == [call.id]
        assert core.receive(refused(call), now_s) is None
    core.expire(150.0)
    assert isinstance(call.error, DeadlineExceeded)


def test_on_the_first_link_a_missing_agent_is_told_at_once() -> None:
    core = session()
    call = ask(core)
    sent(core)
    assert core.receive(refused(call), 100.0) is call


def test_no_more_are_in_flight_than_the_broker_allows() -> None:
    core = session()
    calls = [ask(core) for _ in range(WINDOW + 3)]
    assert len(sent(core)) == WINDOW
    core.receive(answer(calls[0].id), 100.0)
    core.receive(answer(calls[1].id), 100.0)
    assert [header.id for header in sent(core)] == [call.id for call in calls[WINDOW : WINDOW + 2]]


def test_the_line_is_bounded() -> None:
    core = session(linked=False)
    for _ in range(MAX_WAITING + WINDOW):
        ask(core)
    with pytest.raises(Overloaded):
        ask(core)
    core.expire(1000.0)
    ask(core, now_s=1000.0)


def test_a_late_call_that_was_sent_may_have_happened_and_is_cancelled() -> None:
    core = session()
    call = ask(core, deadline_s=2.0)
    sent(core)
    assert core.next_due_s() == 102.0
    assert core.expire(101.9) == []
    assert core.expire(102.0) == [call]
    assert isinstance(call.error, DeadlineExceeded)
    assert [(header.kind, header.id) for header in sent(core)] == [(Kind.CANCEL, call.id)]
    assert core.receive(answer(call.id), 100.0) is None
    assert core.strays == 1


def test_a_late_call_that_never_left_is_not_connected() -> None:
    core = session(linked=False)
    call = ask(core, deadline_s=2.0)
    core.expire(102.0)
    assert isinstance(call.error, NotConnected)
    assert call.error.details["endpoint"] == "ipc:///run/x/requests"
    core.link_up(100.0)
    assert sent(core) == []


def test_a_late_call_that_left_before_the_link_ended_may_have_happened() -> None:
    core = session()
    call = ask(core, deadline_s=2.0)
    sent(core)
    core.link_down()
    core.expire(102.0)
    assert isinstance(call.error, DeadlineExceeded)


def test_a_late_call_behind_the_window_was_overload() -> None:
    core = session()
    for _ in range(WINDOW):
        ask(core, deadline_s=50.0)
    call = ask(core, deadline_s=1.0)
    sent(core)
    core.expire(101.0)
    assert isinstance(call.error, Overloaded)


def test_a_cancelled_call_tells_the_broker_only_if_it_left() -> None:
    core = session()
    early = ask(core)
    core.cancel(early)
    assert sent(core) == []
    call = ask(core)
    sent(core)
    core.cancel(call)
    assert [header.kind for header in sent(core)] == [Kind.CANCEL]
    assert isinstance(early.error, Cancelled)
    assert isinstance(call.error, Cancelled)
    core.cancel(call)
    assert sent(core) == []


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_each_call_has_a_deadline(deadline_s: float) -> None:
    with pytest.raises(InvalidArgument):
        ask(session(), deadline_s=deadline_s)


def test_garbage_is_counted_and_harms_nothing() -> None:
    core = session()
    call = ask(core)
    sent(core)
    for frames in ([b""], [b"\xc1"], [os.urandom(50)], [b"x"] * 11, answer(b"q" * 16), []):
        assert core.receive(frames, 100.0) is None
    assert core.receive(answer(call.id, Kind.HELLO), 100.0) is None
    assert core.strays == 7
    assert not call.done


def opened(core: Session) -> Stream:
    call = ask(core, stream=True)
    sent(core)
    core.receive([encode_header(Header(VERSION, Kind.REPLY, call.id, name="stream")), b""], 100.0)
    stream = call.result().stream
    assert stream is not None
    return stream


def test_a_stream_opens_carries_both_ways_and_ends() -> None:
    core = session()
    stream = opened(core)
    data = [encode_header(Header(VERSION, Kind.DATA, stream.id)), b"", b"abc"]
    assert core.receive(data, 100.0) is stream
    assert stream.take() == (b"abc", None)
    message, rest = stream.spend(memoryview(b"xyz"))
    assert message is not None
    assert (decode_header(message[0]).kind, message[2], bytes(rest)) == (Kind.DATA, b"xyz", b"")
    core.receive([encode_header(Header(VERSION, Kind.END, stream.id, name="finished")), b""], 100.0)
    assert (stream.reason, stream.error) == ("finished", None)
    assert core.streams == {}


def test_a_reply_where_a_stream_was_asked_for_is_refused_and_the_other_way_round() -> None:
    core = session()
    call = ask(core, stream=True)
    plain = ask(core)
    sent(core)
    core.receive(answer(call.id), 100.0)
    core.receive([encode_header(Header(VERSION, Kind.REPLY, plain.id, name="stream")), b""], 100.0)
    assert isinstance(call.error, ProtocolMismatch)
    assert isinstance(plain.error, ProtocolMismatch)


def test_a_stream_that_opens_too_late_is_closed() -> None:
    core = session()
    call = ask(core, stream=True)
    sent(core)
    core.cancel(call)
    sent(core)
    core.receive([encode_header(Header(VERSION, Kind.REPLY, call.id, name="stream")), b""], 100.0)
    assert [(header.kind, header.name) for header in sent(core)] == [(Kind.END, "client_gone")]


def test_streams_end_with_the_link_and_the_peer_is_told_after_it() -> None:
    core = session()
    stream = opened(core)
    assert core.link_down() == [stream]
    assert stream.reason == "disconnected"
    assert isinstance(stream.error, NotConnected)
    core.link_up(100.0)
    (header,) = sent(core)
    assert (header.kind, header.id, header.name) == (Kind.END, stream.id, "client_gone")


def test_a_peer_that_sends_more_than_its_credit_is_cut_off() -> None:
    core = session()
    stream = opened(core)
    data = [encode_header(Header(VERSION, Kind.DATA, stream.id)), b"", b"x" * 65536]
    for _ in range(4):
        core.receive(data, 100.0)
    assert stream.reason == ""
    core.receive(data, 100.0)
    assert stream.reason == "slow"
    assert [header.name for header in sent(core)] == ["slow"]
    assert len(stream.take()[0]) == 4 * 65536


def test_closing_wakes_all() -> None:
    core = session()
    stream = opened(core)
    call = ask(core)
    sent(core)
    assert set(core.close()) == {call, stream}
    assert [header.kind for header in sent(core)] == [Kind.CANCEL, Kind.END]
