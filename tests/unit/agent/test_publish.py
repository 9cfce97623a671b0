"""Publication: numbers without gaps, and a SYNC for what the broker could not take."""

from uuid import UUID

import msgspec
import pytest

from tests.unit.agent.runtime import ROUTE, Sent
from virtbus.agent.publish import DomainTable, Feed
from virtbus.errors import AlreadyExists, NoSuchDomain
from virtbus.operations.records import DomainRecord, State
from virtbus.wire.frames import MAX_FRAME_BYTES, Kind, split_index

KINDS = ("domain", "network")


def record(number: int, name: str = "") -> DomainRecord:
    return DomainRecord(
        uuid=UUID(int=number), name=name or f"d{number}", state=State.SHUTOFF, reason="unknown"
    )


def test_each_change_has_the_next_number_and_nothing_is_published_twice() -> None:
    sent = Sent()
    table = DomainTable(Feed(ROUTE, "domain", 7, sent.send, sent.keep))
    table.put(record(1))
    table.put(record(1))
    table.put(record(1, name="new"))
    table.remove(UUID(int=1))
    table.remove(UUID(int=1))
    states = sent.named("state/")
    assert [(header.number, header.epoch) for header, _, _ in states] == [(1, 7), (2, 7), (3, 7)]
    assert states[-1][1] == b""


def test_names_are_unique_and_free_again() -> None:
    sent = Sent()
    table = DomainTable(Feed(ROUTE, "domain", 1, sent.send, sent.keep))
    table.put(record(1, name="a"))
    with pytest.raises(AlreadyExists):
        table.put(record(2, name="a"))
    table.put(record(1, name="b"))
    table.put(record(2, name="a"))
    assert (table.by_name("a").uuid.int, table.by_name("b").uuid.int) == (2, 1)
    table.remove(UUID(int=2))
    with pytest.raises(NoSuchDomain):
        table.by_name("a")


def test_what_could_not_be_sent_is_made_up_for_by_one_sync() -> None:
    sent = Sent()
    feed = Feed(ROUTE, "domain", 1, sent.send, sent.keep)
    table = DomainTable(feed)
    table.put(record(1))
    sent.full = True
    table.put(record(2))
    table.put(record(3))
    sent.full = False
    table.put(record(4))
    assert len(sent.messages) == 1, "a gap is not made worse"
    feed.catch_up()
    feed.catch_up()
    table.put(record(5))
    kinds = [(header.kind, header.number) for header, _, _ in sent.messages]
    assert kinds == [(Kind.PUBLISH, 1), (Kind.SYNC, 4), (Kind.PUBLISH, 5)]
    _, index, data = sent.messages[1]
    assert len(split_index(index, b"".join(data))) == 4


def test_each_kind_has_its_own_numbers_and_its_own_sync() -> None:
    sent = Sent()
    domains, networks = (Feed(ROUTE, kind, 1, sent.send, sent.keep) for kind in KINDS)
    for feed in (domains, networks, networks, domains):
        feed.put("a", b"\x80")
    numbers = [(header.name, header.number) for header, _, _ in sent.messages]
    assert numbers == [
        ("state/domain/a", 1),
        ("state/network/a", 1),
        ("state/network/a", 2),
        ("state/domain/a", 2),
    ]
    sent.full = True
    networks.put("b", b"\x80")
    sent.full = False
    domains.put("b", b"\x80")
    sent.messages.clear()
    for feed in (domains, networks):
        feed.catch_up()
    ((header, index, data),) = sent.messages
    assert (header.kind, header.name, header.number) == (Kind.SYNC, "state/network/", 3)
    assert list(split_index(index, b"".join(data))) == ["state/network/a", "state/network/b"]


def test_events_wait_their_turn_when_the_broker_is_full() -> None:
    sent = Sent()
    feed = Feed(ROUTE, "domain", 1, sent.send, sent.keep)
    sent.full = True
    feed.put_event("x", 1, b"\xc0")
    assert [header.name for header, _, _ in sent.messages] == ["event/domain/x"]


def test_a_sync_over_a_frames_size_is_divided() -> None:
    sent = Sent()
    feed = Feed(ROUTE, "domain", 1, sent.send, sent.keep)
    for number in range(3):
        feed.put(str(number), bytes([number]) * (MAX_FRAME_BYTES // 2))
    feed.sync()
    _, index, data = sent.messages[-1]
    assert [len(part) for part in data] == [MAX_FRAME_BYTES, MAX_FRAME_BYTES // 2]
    assert split_index(index, b"".join(data)) == feed.values


def test_a_sync_holds_states_only_and_the_newest_statistics_follow_it() -> None:
    sent = Sent()
    feed = Feed(ROUTE, "domain", 1, sent.send, sent.keep)
    feed.put("1", b"\xc0")
    for value in (b"\x01", b"\x02"):
        feed.put_stats("1", value)
    feed.put_stats("2", b"\x01")
    feed.put_stats("2", b"")
    sent.messages.clear()
    feed.sync()
    (_, index, data), (published, body, _) = sent.messages
    assert list(split_index(index, b"".join(data))) == ["state/domain/1"]
    assert (published.name, published.number, body) == ("stats/domain/1", 0, b"\x02")


def test_an_id_is_of_active_domains_only() -> None:
    sent = Sent()
    table = DomainTable(Feed(ROUTE, "domain", 1, sent.send, sent.keep))
    table.put(record(1))
    table.put(msgspec.structs.replace(record(2), state=State.RUNNING, id=4))
    assert table.by_id(4).uuid.int == 2
    for number in (-1, 5):
        with pytest.raises(NoSuchDomain):
            table.by_id(number)
