"""Whatever peers send, the core answers or counts, never raises, and holds its bounds."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.broker.outlet import ROUTE, Bus
from virtbus.errors import ErrorBody
from virtbus.wire.frames import VERSION, Header, Kind, decode_body, decode_header, pack
from virtbus_broker.peers import Door
from virtbus_broker.pending import MAX_PER_CLIENT

ID = b"i" * 16
KINDS = st.integers(-1, 20)
IDS = st.sampled_from([b"", ID, b"j" * 16])
ROUTES = st.sampled_from([ROUTE, "test:///*", "qemu:///system", ""]) | st.text(max_size=20)
NAMES = st.sampled_from(["state/domain/a", "state/", "stream", ""]) | st.text(max_size=20)
NUMBERS = st.integers(-5, 5) | st.integers(-(2**63), 2**64 - 1)
TICKETS = st.integers(999, 1010) | NUMBERS
VALUES = st.builds(
    lambda *fields: [VERSION, *fields],
    KINDS, IDS, ROUTES, NAMES, NUMBERS, TICKETS, st.text(max_size=5), st.text(max_size=5), NUMBERS,
)  # fmt: skip
BODIES = st.sampled_from(
    [
        b"",
        b"\xc1",
        pack({"agent": "x", "version": "1", "pid": 1, "routes": [ROUTE], "operations": []}),
        pack({"keys": ["state/domain/a"], "sizes": [2]}),
        b"x" * 70_000,
    ]
) | st.binary(max_size=20)
FRAMES = st.builds(
    lambda values, bodies: [pack(values), *bodies], VALUES, st.lists(BODIES, max_size=12)
)
MESSAGES = st.tuples(st.integers(0, 4), FRAMES | st.lists(st.binary(max_size=40), min_size=1))


@given(st.lists(MESSAGES, max_size=40), st.integers(0, 3))
def test_nothing_that_is_sent_breaks_the_core(
    messages: list[tuple[int, list[bytes]]], room: int
) -> None:
    bus = Bus()
    peers = [
        bus.agent(),
        bus.agent("test:///*", id=b"B" * 16),
        bus.peer(),
        bus.peer(Door.READ_ONLY),
        bus.peer(Door.REMOTE, grants="read:domain:*"),
    ]
    bus.outlet.room[peers[2]] = room
    for step, (who, frames) in enumerate(messages):
        bus.broker.receive(peers[who], frames, bus.now_s)
        if step % 7 == 6:
            bus.broker.heartbeat(bus.now_s + step)
    for peer in peers:
        assert len(peer.requests) <= MAX_PER_CLIENT
        bus.hear(peer)
        bus.broker.disconnected(peer, bus.now_s)
    assert all(peer.agent is None for peer in peers)
    bus.broker.heartbeat(bus.now_s + 1e9)
    assert all(peer.requests == {} for peer in peers)


def test_a_bad_header_is_counted_and_answered_where_it_can_be() -> None:
    bus = Bus()
    client = bus.peer()
    for frame in (b"", b"\xc1", pack({}), pack([1, 3, "no id"]), b"x" * 5000):
        bus.broker.receive(client, [frame], bus.now_s)
    assert bus.hear(client) == []
    bus.broker.receive(client, [pack([2, 3, ID])], bus.now_s)
    bus.broker.receive(client, [pack([1, 3, ID, 5])], bus.now_s)
    for header, frames in bus.hear(client):
        assert (header.kind, header.id) == (Kind.ERROR, ID)
        assert decode_body(frames[0], ErrorBody).code == "protocol_mismatch"
    assert bus.broker.counters.dropped["bad_header"] == 7


def test_too_many_frames_are_refused() -> None:
    bus = Bus()
    client = bus.peer()
    bus.broker.receive(client, [pack([1, 3, ID]), *[b""] * 10], bus.now_s)
    assert bus.hear_one(client)[0].kind == Kind.ERROR


def test_kinds_that_are_not_the_senders_are_refused() -> None:
    bus = Bus()
    client = bus.peer(Door.READ_ONLY)
    for kind in (Kind.WELCOME, Kind.REPLY, Kind.ERROR, Kind.PUBLISH, Kind.SYNC, Kind.BYE, 99):
        bus.say(client, Header(VERSION, kind, ID, ROUTE))
        header, frames = bus.hear_one(client)
        assert header.kind == Kind.ERROR
        assert decode_body(frames[0], ErrorBody).code == "protocol_mismatch"
    assert decode_header(pack([1, 99, ID])).kind == 99
