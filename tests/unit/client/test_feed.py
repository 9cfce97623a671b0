"""A subscription's states."""

from virtbus.client.feed import PATIENCE_S, FeedState, LinkChange, Update
from virtbus.wire.frames import VERSION, Header, Kind, encode_header

HEADER = Header(VERSION, Kind.PUBLISH, route="test:///default", name="event/domain/x", number=4)
PUBLISHED = [b"test:///default event/domain/x", encode_header(HEADER), b"\x80"]


def test_nothing_counts_before_the_welcome_of_this_link() -> None:
    state = FeedState()
    assert not state.must_ask(0.0)
    state.link_up()
    assert state.must_ask(0.0)
    topic = state.ask(0.0)
    assert state.receive(PUBLISHED) is None
    assert state.receive([b"welcome " + b"0" * 32, b"", b""]) is None
    assert state.receive([topic, b"", b""]) is LinkChange.LINKED
    assert state.receive([topic, b"", b""]) is None
    assert state.receive(PUBLISHED) == Update(HEADER, b"\x80")


def test_a_lost_link_is_told_once_and_the_next_one_has_its_own_welcome() -> None:
    state = FeedState()
    assert not state.link_down()
    state.link_up()
    first = state.ask(0.0)
    state.receive([first, b"", b""])
    assert state.link_down()
    assert not state.link_down()
    state.link_up()
    assert state.must_ask(0.1)
    assert state.ask(0.1) != first
    assert state.receive([first, b"", b""]) is None
    assert not state.linked


def test_a_welcome_that_does_not_come_is_asked_for_again() -> None:
    state = FeedState()
    state.link_up()
    state.ask(10.0)
    assert not state.must_ask(10.0 + PATIENCE_S / 2)
    assert state.patience_s(1000.0) == PATIENCE_S
    assert state.must_ask(10.0 + PATIENCE_S)
    state.receive([state.ask(13.0), b"", b""])
    assert not state.must_ask(100.0)
    assert state.patience_s(1000.0) == 1000.0


def test_garbage_is_dropped() -> None:
    state = FeedState()
    state.link_up()
    state.receive([state.ask(0.0), b"", b""])
    for frames in ([b""], [b"x", b"y"], [b"x", b"\xc1", b""], [b"x", b"", b"", b""]):
        assert state.receive(frames) is None
