import pytest

from tests.unit.broker.outlet import ROUTE, RUN_ID, Bus
from virtbus.errors import ErrorBody
from virtbus.wire.frames import (
    VERSION,
    AgentHello,
    BrokerStatus,
    Header,
    Kind,
    Presence,
    decode_body,
    decode_header,
    encode_body,
)
from virtbus_broker.peers import Door

ID = b"i" * 16


def presence(bus: Bus) -> list[tuple[str, str, str]]:
    """Route, state and reason of what was published of presence, and forget it."""
    told = []
    for topic, header, body in bus.outlet.published:
        if topic.endswith(b" presence"):
            assert decode_header(header).name == "presence"
            said = decode_body(body, Presence)
            told.append((decode_header(header).route, said.state, said.reason))
    bus.outlet.published.clear()
    return told


def test_a_second_agent_gets_the_route_when_the_first_goes() -> None:
    bus = Bus()
    first, second = bus.agent(), bus.peer()
    bus.hello(second, id=b"B" * 16)
    header, frames = bus.hear_one(second)
    assert header == Header(VERSION, Kind.ERROR, b"B" * 16)
    error = decode_body(frames[0], ErrorBody)
    assert (error.code, error.details["route"]) == ("route_taken", ROUTE)
    bus.broker.disconnected(first, bus.now_s)
    bus.hello(second, id=b"B" * 16)
    assert bus.hear_one(second)[0].kind == Kind.WELCOME
    assert presence(bus) == [
        (ROUTE, "present", ""),
        (ROUTE, "absent", "connection lost"),
        (ROUTE, "present", ""),
    ]


def test_a_taken_route_leaves_the_others_free() -> None:
    bus = Bus()
    bus.agent()
    second, client = bus.peer(), bus.peer()
    bus.hello(second, "lxc:///system", ROUTE, id=b"B" * 16)
    assert bus.hear_one(second)[0].kind == Kind.ERROR
    bus.request(client, ID, route="lxc:///system")
    assert bus.hear_one(client)[0].kind == Kind.ERROR


def test_a_new_run_of_the_same_agent_takes_over() -> None:
    bus = Bus()
    old, client = bus.agent(), bus.peer()
    bus.sync(old, {"state/domain/a": b"x"})
    bus.request(client, ID)
    bus.hear(old)
    new = bus.agent(epoch=2)
    assert decode_body(bus.hear_one(client)[1][0], ErrorBody).code == "agent_gone"
    bus.request(client, ID)
    assert bus.hear(old) == []
    assert bus.hear_one(new)[0].kind == Kind.REQUEST
    bus.say(old, Header(VERSION, Kind.PUBLISH, route=ROUTE, name="state/domain/a"), b"y")
    assert bus.hear_one(old)[0].kind == Kind.ERROR


def test_the_same_run_may_say_hello_again_and_keeps_its_requests() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    ticket = bus.hear_one(agent)[0].ticket
    bus.hello(agent)
    assert bus.hear_one(agent)[0].kind == Kind.WELCOME
    bus.say(agent, Header(VERSION, Kind.REPLY, ticket=ticket), b"")
    assert bus.hear_one(client)[0].kind == Kind.REPLY


def test_an_agent_may_come_with_other_routes() -> None:
    bus = Bus()
    agent = bus.agent()
    bus.hello(agent, "lxc:///system")
    bus.outlet.published.clear()
    client = bus.peer()
    bus.request(client, ID)
    assert bus.hear_one(client)[0].kind == Kind.ERROR
    bus.request(client, ID, route="lxc:///system")
    assert bus.hear(client) == []


def test_bye_is_the_end_at_once() -> None:
    bus = Bus()
    agent = bus.agent()
    bus.sync(agent, {"state/domain/a": b"x"})
    bus.say(agent, Header(VERSION, Kind.BYE))
    assert presence(bus)[-1] == (ROUTE, "absent", "bye")
    client = bus.peer()
    bus.say(client, Header(VERSION, Kind.READ, ID, ROUTE, "state/domain/a"))
    assert decode_body(bus.hear_one(client)[1][0], ErrorBody).code == "no_such_agent"


@pytest.mark.parametrize(
    "hello, code",
    [
        (b"", "invalid_argument"),
        (b"\xc1", "protocol_mismatch"),
        (encode_body({"agent": "x"}), "invalid_argument"),
        (
            encode_body(AgentHello(agent="x", version="1", pid=1, routes=("a b",), operations=())),
            "invalid_argument",
        ),
        (
            encode_body(
                AgentHello(
                    agent="x", version="1", pid=1, routes=("a",), operations=(), versions=(2,)
                )
            ),
            "protocol_mismatch",
        ),
    ],
)
def test_a_bad_hello_is_refused(hello: bytes, code: str) -> None:
    bus = Bus()
    peer = bus.peer()
    bus.say(peer, Header(VERSION, Kind.HELLO, ID), hello)
    assert decode_body(bus.hear_one(peer)[1][0], ErrorBody).code == code
    assert peer.agent is None


def test_a_hello_at_the_read_only_door_is_refused() -> None:
    bus = Bus()
    peer = bus.peer(Door.READ_ONLY)
    bus.hello(peer)
    assert decode_body(bus.hear_one(peer)[1][0], ErrorBody).code == "protocol_mismatch"


def test_three_silent_heartbeats_make_an_agent_unresponsive_until_it_speaks() -> None:
    bus = Bus()
    agent = bus.agent()
    presence(bus)
    for _ in range(3):
        bus.broker.heartbeat(bus.now_s)
    assert presence(bus) == []
    bus.broker.heartbeat(bus.now_s)
    assert presence(bus) == [(ROUTE, "unresponsive", "silent for three heartbeats")]
    bus.broker.heartbeat(bus.now_s)
    assert presence(bus) == []
    assert {header.kind for header, _ in bus.hear(agent)} == {Kind.PING}
    bus.say(agent, Header(VERSION, Kind.PONG))
    assert presence(bus) == [(ROUTE, "present", "answers again")]


def test_an_agent_whose_end_was_missed_is_found_by_the_next_heartbeat() -> None:
    bus = Bus()
    agent = bus.agent()
    presence(bus)
    bus.outlet.unreachable.add(agent)
    bus.broker.heartbeat(bus.now_s)
    assert presence(bus) == [(ROUTE, "absent", "connection lost")]


def test_values_are_read_as_they_were_published() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer(Door.READ_ONLY)
    read = Header(VERSION, Kind.READ, ID, ROUTE, "state/domain/a")
    bus.say(client, read)
    assert bus.hear_one(client)[0] == Header(VERSION, Kind.REPLY, ID, name="absent")
    bus.sync(agent, {"state/domain/a": b"x"}, number=4, epoch=9)
    bus.publish(agent, "state/domain/a", b"y", 5, epoch=9)
    bus.say(client, read)
    assert bus.hear_one(client) == (Header(VERSION, Kind.REPLY, ID, number=5, epoch=9), [b"y"])
    topic, header, body = bus.outlet.published[-1]
    assert topic == b"test:///default state/domain/a"
    assert decode_header(header).number == 5
    assert body == b"y"


def test_an_agent_publishes_its_own_routes_and_keys_only() -> None:
    bus = Bus()
    agent = bus.agent()
    bus.outlet.published.clear()
    bus.say(agent, Header(VERSION, Kind.PUBLISH, route="qemu:///system", name="state/a/b"), b"x")
    bus.say(agent, Header(VERSION, Kind.SYNC, route="qemu:///system"), b"", b"")
    bad = ("presence", "state/a", "state/*/a", "state//a", "event/a b/c", "other/a/b")
    for key in bad:
        bus.publish(agent, key, b"x", 1)
    assert bus.outlet.published == []
    dropped = {"publish_foreign_route": 2, "publish_bad_key": len(bad)}
    assert bus.broker.counters.dropped == dropped


def test_a_sync_that_does_not_fit_is_refused() -> None:
    bus = Bus()
    agent = bus.agent()
    for name, key, size in (
        ("state/a/", "state/a/b", 3),
        ("state/a/", "event/a/b", 2),
        ("state/a/", "state/b/b", 2),
        ("event/a/", "event/a/b", 2),
        ("state/a", "state/a/b", 2),
        ("state/*/", "state/*/b", 2),
        ("state/a/b", "state/a/b", 2),
        ("", "state/a/b", 2),
    ):
        header = Header(VERSION, Kind.SYNC, route=ROUTE, name=name, number=1, epoch=1)
        bus.say(agent, header, encode_body({"keys": [key], "sizes": [size]}), b"xx")
        assert decode_body(bus.hear_one(agent)[1][0], ErrorBody).code == "protocol_mismatch"


def test_a_snapshot_is_of_one_kind_with_its_number() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer(Door.READ_ONLY)
    bus.sync(agent, {"state/domain/a": b"x"}, number=3)
    for prefix in ("", "state/", "state/domain"):
        bus.say(client, Header(VERSION, Kind.SNAPSHOT, ID, ROUTE, prefix))
        assert decode_body(bus.hear_one(client)[1][0], ErrorBody).code == "invalid_argument"
    bus.say(client, Header(VERSION, Kind.SNAPSHOT, ID, ROUTE, "state/network/"))
    assert bus.hear_one(client)[0].name == "absent"
    bus.sync(agent, {"state/network/n": b"y"}, number=70, kind="network")
    bus.publish(agent, "state/network/n", b"z", 71)
    for prefix, number in (("state/domain/", 3), ("state/network/", 71)):
        bus.say(client, Header(VERSION, Kind.SNAPSHOT, ID, ROUTE, prefix))
        assert bus.hear_one(client)[0].number == number


def test_an_agent_of_a_prefix_publishes_and_leaves_each_route_below_it() -> None:
    bus = Bus()
    agent = bus.agent("test:///*")
    bus.sync(agent, {"state/domain/a": b"x"})
    bus.outlet.published.clear()
    bus.broker.disconnected(agent, bus.now_s)
    assert [(route, state) for route, state, _ in presence(bus)] == [
        ("test:///*", "absent"),
        (ROUTE, "absent"),
    ]


def test_the_status_lists_agents_here_and_gone() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer(Door.READ_ONLY)
    bus.sync(agent, {"state/domain/a": b"x"})
    bus.agent("lxc:///system", id=b"B" * 16)
    bus.broker.disconnected(agent, bus.now_s)
    bus.say(client, Header(VERSION, Kind.STATUS, ID))
    status = decode_body(bus.hear_one(client)[1][0], BrokerStatus)
    assert status.run_id == RUN_ID.hex()
    assert [entry.routes for entry in status.agents] == [("lxc:///system",)]
    (gone,) = status.recently_gone
    assert (gone.routes, gone.values, gone.state) == ((ROUTE,), 1, "absent")


def test_a_role_reads_and_subscribes_only_what_it_was_granted() -> None:
    bus = Bus()
    agent = bus.agent()
    bus.sync(agent, {"state/domain/a": b"x"})
    bus.sync(agent, {"state/network/n": b"y"}, kind="network")
    client = bus.peer(Door.REMOTE, grants="change:domain:test:///default")
    bus.say(client, Header(VERSION, Kind.SNAPSHOT, ID, ROUTE, "state/domain/"))
    assert bus.hear_one(client)[0].kind == Kind.REPLY
    for kind, key in (
        (Kind.SNAPSHOT, ""),
        (Kind.SNAPSHOT, "state/network/"),
        (Kind.READ, "state/network/n"),
    ):
        bus.say(client, Header(VERSION, kind, ID, ROUTE, key))
        assert decode_body(bus.hear_one(client)[1][0], ErrorBody).code == "not_allowed"
    assert bus.broker.subscribed(client.grants, b"test:///default state/domain/")
    assert not bus.broker.subscribed(client.grants, b"test:///default ")
    assert bus.broker.counters.dropped["subscription_not_allowed"] == 1


def test_a_subscription_to_a_welcome_is_greeted_with_the_run() -> None:
    bus = Bus()
    topic = b"welcome " + b"0" * 32
    bus.broker.greet(topic)
    bus.broker.greet(b"welcome not-hexadecimal")
    ((told, header, body),) = bus.outlet.published
    assert (told, decode_header(header).id, body) == (topic, RUN_ID, b"")
